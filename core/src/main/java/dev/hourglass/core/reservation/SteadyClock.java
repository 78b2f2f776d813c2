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

  private final InstantSource wall;
  private final LongSupplier ticker;

  // Guarded by this.
  private Instant anchor;
  private long anchorNanos;
  private @Nullable Jump jump;

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
    anchor = wall.instant();
    anchorNanos = ticker.getAsLong();
  }

  @Override
  public synchronized Instant instant() {
    Instant shown = wall.instant();
    long nanos = ticker.getAsLong();
    Instant expected = anchor.plusNanos(nanos - anchorNanos);
    Duration offset = Duration.between(expected, shown);
    if (offset.abs().compareTo(TOLERANCE) <= 0) {
      return follow(shown, nanos);
    }
    if (jump == null || !jump.isStill(offset)) {
      jump = new Jump(offset, nanos);
    }
    return nanos - jump.sinceNanos >= PATIENCE.toNanos() ? follow(shown, nanos) : expected;
  }

  private Instant follow(Instant shown, long nanos) {
    anchor = shown;
    anchorNanos = nanos;
    jump = null;
    return shown;
  }
}
