package dev.hourglass.core.admission;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Time that passes when a test says so. */
final class ManualTimeline implements Timeline {
  private final Queue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::nanos));
  private long nanos;

  private record Due(long nanos, Runnable action) {}

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public synchronized void after(Duration delay, Runnable action) {
    due.add(new Due(nanos + delay.toNanos(), action));
  }

  /** Lets time pass, and what falls due meanwhile happen. */
  void pass(Duration time) {
    long end = nanos() + time.toNanos();
    for (Due next = next(end); next != null; next = next(end)) {
      next.action.run();
    }
  }

  private synchronized @Nullable Due next(long end) {
    Due first = due.peek();
    if (first == null || first.nanos > end) {
      nanos = end;
      return null;
    }
    nanos = first.nanos;
    return due.remove();
  }
}
