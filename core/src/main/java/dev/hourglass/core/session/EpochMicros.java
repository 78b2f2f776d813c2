package dev.hourglass.core.session;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Instants and durations as microseconds in one word, for what there is a million of. They reach
 * 292,000 years into past and future; what is beyond counts as the end of time.
 */
final class EpochMicros {
  private static final long PER_SECOND = 1_000_000;
  private static final int NANOS = 1_000;
  private static final Instant FIRST = whole(Long.MIN_VALUE);
  private static final Instant LAST = whole(Long.MAX_VALUE);

  private EpochMicros() {}

  static long of(Instant instant) {
    if (!instant.isBefore(LAST)) {
      return Long.MAX_VALUE;
    }
    return instant.isBefore(FIRST)
        ? Long.MIN_VALUE
        : instant.getEpochSecond() * PER_SECOND + instant.getNano() / NANOS;
  }

  static long of(Duration duration) {
    return TimeUnit.MICROSECONDS.convert(duration);
  }

  /** The moment so much later; the end of time where it is beyond. */
  static long plus(long instant, long duration) {
    long sum = instant + duration;
    return duration > 0 && sum < instant ? Long.MAX_VALUE : sum;
  }

  static Instant instant(long micros) {
    return micros == Long.MAX_VALUE ? Instant.MAX : whole(micros);
  }

  private static Instant whole(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, PER_SECOND), Math.floorMod(micros, PER_SECOND) * NANOS);
  }
}
