package dev.hourglass.core.reservation;

import java.time.Duration;
import java.time.Instant;

/**
 * A window of time in whole buckets, the grain in which capacity is sold.
 *
 * <p>Buckets count real seconds since 1970. A change to summer time or back moves no bucket and
 * makes none longer or shorter; only the clock on the wall says something else.
 *
 * @param first the first bucket, at least 0
 * @param afterLast the bucket after the last one, above {@code first}
 */
public record BucketSpan(long first, long afterLast) {
  /** The length of a bucket. */
  public static final Duration BUCKET = Duration.ofSeconds(10);

  /** Buckets before this one can be sold: until the year 2310. */
  static final long BUCKETS = 1L << 30;

  public BucketSpan {
    if (first < 0 || afterLast <= first || afterLast > BUCKETS) {
      throw new IllegalArgumentException(
          "buckets: %d to %d (expected: 0 to %d, at least one)"
              .formatted(first, afterLast, BUCKETS));
    }
  }

  /**
   * The buckets that a window touches.
   *
   * @param start from 1970 on; what is earlier counts as 1970
   * @param end after {@code start}; what is later than 2310 counts as 2310
   */
  public static BucketSpan covering(Instant start, Instant end) {
    long first = bucketOf(start);
    long last = bucketOf(end);
    boolean onBorder = startOf(last).equals(end);
    return new BucketSpan(first, Math.max(first + 1, onBorder ? last : last + 1));
  }

  /** The bucket that an instant lies in; instants outside of what can be sold at its edge. */
  static long bucketOf(Instant instant) {
    return Math.clamp(Math.floorDiv(instant.getEpochSecond(), BUCKET.toSeconds()), 0, BUCKETS - 1);
  }

  /** When a bucket begins. */
  static Instant startOf(long bucket) {
    return Instant.ofEpochSecond(bucket * BUCKET.toSeconds());
  }

  public Instant start() {
    return startOf(first);
  }

  public Instant end() {
    return startOf(afterLast);
  }

  long buckets() {
    return afterLast - first;
  }
}
