package dev.hourglass.app.replay.admission;

import dev.hourglass.core.admission.Timeline;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;

/** Time that passes as fast as there is nothing to do; of one moment, what was asked for first. */
final class VirtualTime implements Timeline {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Queue<Due> due =
      new PriorityQueue<>(Comparator.comparingLong(Due::nanos).thenComparingLong(Due::number));
  private long nanos;
  private long number;

  private record Due(long nanos, long number, Runnable action) {}

  @Override
  public long nanos() {
    return nanos;
  }

  double seconds() {
    return nanos / NANOS_PER_SECOND;
  }

  @Override
  public void after(Duration delay, Runnable action) {
    due.add(new Due(nanos + delay.toNanos(), number++, action));
  }

  void after(double seconds, Runnable action) {
    due.add(new Due(nanos + (long) (seconds * NANOS_PER_SECOND), number++, action));
  }

  /** Lets time pass until nothing is left to do. */
  void run() {
    for (Due next = due.poll(); next != null; next = due.poll()) {
      nanos = next.nanos;
      next.action.run();
    }
  }
}
