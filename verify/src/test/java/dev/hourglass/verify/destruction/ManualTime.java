package dev.hourglass.verify.destruction;

import dev.hourglass.core.admission.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A clock and a timeline that advance together, when a test says so. */
final class ManualTime implements Timeline, InstantSource {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final Queue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::nanos));
  private long nanos;

  private record Due(long nanos, Runnable action) {}

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public synchronized Instant instant() {
    return START.plusNanos(nanos);
  }

  @Override
  public synchronized void after(Duration delay, Runnable action) {
    due.add(new Due(nanos + delay.toNanos(), action));
  }

  /** Whether anything will fall due. */
  synchronized boolean waits() {
    return !due.isEmpty();
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
