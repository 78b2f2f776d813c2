package dev.hourglass.store.sqlite;

import java.time.Duration;
import java.time.Instant;

/** Instants and durations as whole nanoseconds, which reach from 1677 to 2262. */
final class Nanos {
  private static final long PER_SECOND = 1_000_000_000;

  private Nanos() {}

  static long of(Instant instant) {
    try {
      return Math.addExact(
          Math.multiplyExact(instant.getEpochSecond(), PER_SECOND), instant.getNano());
    } catch (ArithmeticException beyond) {
      throw new IllegalArgumentException(
          "instant: " + instant + " (expected: between 1678 and 2262)", beyond);
    }
  }

  static long of(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException beyond) {
      throw new IllegalArgumentException(
          "duration: " + duration + " (expected: at most 292 years)", beyond);
    }
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, PER_SECOND), Math.floorMod(nanos, PER_SECOND));
  }
}
