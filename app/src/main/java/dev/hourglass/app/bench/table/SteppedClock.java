package dev.hourglass.app.bench.table;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that goes with the machine's, and can be moved ahead. */
final class SteppedClock implements InstantSource {
  private final Instant started = Instant.now();
  private final long startedNanos = System.nanoTime();
  private final AtomicLong aheadNanos = new AtomicLong();

  long nanos() {
    return System.nanoTime() - startedNanos + aheadNanos.get();
  }

  @Override
  public Instant instant() {
    return started.plusNanos(nanos());
  }

  void moveAhead(Duration by) {
    aheadNanos.addAndGet(by.toNanos());
  }
}
