package dev.hourglass.app.replay.admission;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * A server that keeps no places: slots, and a line in the order of coming, for as many as should
 * get a slot within the longest wait.
 */
final class PlainDoor implements Door {
  private final int slots;
  private final int mostWaiting;
  private final Duration longestWait;
  private final VirtualTime time;
  private final SequencedSet<Caller> line = new LinkedHashSet<>();
  private int busy;

  private PlainDoor(int slots, int mostWaiting, Duration longestWait, VirtualTime time) {
    this.slots = slots;
    this.mostWaiting = mostWaiting;
    this.longestWait = longestWait;
    this.time = time;
  }

  /** Lets wait as many as get a slot within two seconds, on average. */
  static PlainDoor withShortLine(int slots, double meanServiceSeconds, VirtualTime time) {
    double each = meanServiceSeconds / slots;
    return new PlainDoor(slots, (int) (LONGEST_WAIT.toSeconds() / each), LONGEST_WAIT, time);
  }

  /** Lets everybody wait, for as long as anybody stays. */
  static PlainDoor withEndlessLine(int slots, Duration patience, VirtualTime time) {
    return new PlainDoor(slots, Integer.MAX_VALUE, patience.plusSeconds(1), time);
  }

  @Override
  public Runnable knock(@Nullable String ticket, Caller caller) {
    if (busy < slots) {
      letIn(caller);
    } else if (line.size() >= mostWaiting) {
      caller.refused(null);
    } else {
      line.add(caller);
      time.after(
          longestWait,
          () -> {
            if (line.remove(caller)) {
              caller.refused(null);
            }
          });
    }
    return () -> line.remove(caller);
  }

  private void letIn(Caller caller) {
    busy++;
    caller.admitted(this::slotFreed);
  }

  private void slotFreed() {
    busy--;
    if (!line.isEmpty()) {
      letIn(line.removeFirst());
    }
  }

  @Override
  public boolean wouldTake() {
    return busy < slots || line.size() < mostWaiting;
  }
}
