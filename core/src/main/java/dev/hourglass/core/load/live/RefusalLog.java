package dev.hourglass.core.load.live;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.load.live.LoadReport.Refused;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/** The last 50 turns that were told to come back later, and how many there were. */
final class RefusalLog {
  private static final int MOST = 50;

  // Guarded by this.
  private final Deque<Refused> latest = new ArrayDeque<>(MOST);
  private long total;

  /** Notes a refusal; one that is for good has nothing to do with the load. */
  void note(Refusal refusal, Instant at) {
    if (refusal.retryAfter() == null) {
      return;
    }
    synchronized (this) {
      total++;
      if (latest.size() == MOST) {
        latest.removeFirst();
      }
      latest.addLast(new Refused(at, refusal.kind(), refusal.retryAfter()));
    }
  }

  /** The newest first. */
  synchronized List<Refused> latest() {
    List<Refused> newestFirst = new ArrayList<>(latest);
    Collections.reverse(newestFirst);
    return newestFirst;
  }

  synchronized long total() {
    return total;
  }
}
