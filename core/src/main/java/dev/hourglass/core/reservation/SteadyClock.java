package dev.hourglass.core.reservation;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A clock on the wall that believes a jump only when it lasts.
 *
 * <p>A reservation that ends does so for good, so a clock that stands a year ahead for one second
 * must not end them all. Between two looks the wall's time should advance as a ticker does. Where
 * it differs by more than a tolerance, this clock goes on by the ticker; if the wall still says the
 * same after a while, it is right, and this clock follows. Thread-safe.
 */
public final class SteadyClock implements InstantSource {
  private static final Duration TOLERANCE = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** For so long a look serves as the anchor of others, in which the wall may get so far. */
  private static final long FRESH_NANOS = 1_000_000_000;

  private static final long NEAR_SECONDS = 4;

  private final InstantSource wall;
  private final LongSupplier ticker;

  // Written under the lock.
  private volatile Anchor anchor;
  private volatile @Nullable Jump jump;

  /** What the wall showed when the ticker stood there. */
  private record Anchor(Instant shown, long nanos) {}

  /** How far the wall's time was off when it was first seen so, and when that was. */
  private record Jump(Duration offset, long sinceNanos) {
    private boolean isStill(Duration now) {
      return offset.minus(now).abs().compareTo(TOLERANCE) <= 0;
    }
  }

  /**
   * A clock that begins at the wall's time.
   *
   * @param ticker nanoseconds that only ever advance
   */
  public SteadyClock(InstantSource wall, LongSupplier ticker) {
    this.wall = wall;
    this.ticker = ticker;
    anchor = new Anchor(wall.instant(), ticker.getAsLong());
  }

  @Override
  public Instant instant() {
    Instant shown = wall.instant();
    long nanos = ticker.getAsLong();
    Anchor known = anchor;
    // Every request asks several times, and nearly always all is well.
    long ahead = shown.getEpochSecond() - known.shown.getEpochSecond();
    return jump == null && nanos - known.nanos < FRESH_NANOS && ahead >= 0 && ahead <= NEAR_SECONDS
        ? shown
        : looked();
  }

  private synchronized Instant looked() {
    Instant shown = wall.instant();
    long nanos = ticker.getAsLong();
    Instant expected = anchor.shown.plusNanos(nanos - anchor.nanos);
    Duration offset = Duration.between(expected, shown);
    if (offset.abs().compareTo(TOLERANCE) <= 0) {
      return follow(shown, nanos);
    }
    Jump seen = jump;
    if (seen == null || !seen.isStill(offset)) {
      seen = new Jump(offset, nanos);
      jump = seen;
    }
    return nanos - seen.sinceNanos >= PATIENCE.toNanos() ? follow(shown, nanos) : expected;
  }

  private Instant follow(Instant shown, long nanos) {
    anchor = new Anchor(shown, nanos);
    jump = null;
    return shown;
  }
}
