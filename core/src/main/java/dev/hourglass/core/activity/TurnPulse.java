package dev.hourglass.core.activity;

import dev.hourglass.core.window.WindowedCounts;
import dev.hourglass.core.window.Windowing;
import java.time.Duration;

/**
 * The turns of the whole house by the time when they arrived: of the last whole minute, of the last
 * ten, and of the last burst, after which nobody came for {@link #QUIET}. Turns are told when they
 * end, so in no order; one that took longer than {@link #LATENESS} is late, and counted as such.
 *
 * <p>One thread tells it; any may read.
 */
public final class TurnPulse {
  static final Duration LATENESS = Duration.ofMinutes(2);
  static final Duration QUIET = Duration.ofSeconds(30);

  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();
  private static final int TEN = 10;

  private final WindowedCounts minutes =
      new WindowedCounts(
          new Windowing.Tumbling(MINUTE_NANOS),
          LATENESS.toNanos(),
          ended -> minute = new Told(ended.events(), ended.window().endNanos()));
  private final WindowedCounts tens =
      new WindowedCounts(
          new Windowing.Sliding(TEN * MINUTE_NANOS, MINUTE_NANOS),
          LATENESS.toNanos(),
          ended -> ten = new Told(ended.events(), ended.window().endNanos()));
  private final WindowedCounts bursts =
      new WindowedCounts(
          new Windowing.Sessions(QUIET.toNanos()),
          LATENESS.toNanos(),
          ended -> burst = new Told(ended.events(), ended.window().endNanos()));

  private volatile Told minute = Told.NOTHING;
  private volatile Told ten = Told.NOTHING;
  private volatile Told burst = Told.NOTHING;
  private volatile long late;
  private volatile long watermarkNanos = Long.MIN_VALUE;

  private record Told(long turns, long endNanos) {
    static final Told NOTHING = new Told(0, Long.MIN_VALUE);
  }

  void turn(long arrivedNanos) {
    minutes.add(arrivedNanos);
    tens.add(arrivedNanos);
    bursts.add(arrivedNanos);
    late = minutes.late();
  }

  /** Time goes on, also while nobody comes. */
  void now(long nowNanos) {
    long watermark = nowNanos - LATENESS.toNanos();
    minutes.advanceTo(watermark);
    tens.advanceTo(watermark);
    bursts.advanceTo(watermark);
    watermarkNanos = watermark;
  }

  /** Turns that arrived in the last whole minute that nobody can be late for any more. */
  public long lastMinute() {
    return current(minute);
  }

  /** Turns that arrived in the last ten of those minutes. */
  public long lastTenMinutes() {
    return current(ten);
  }

  /** Windows without turns are not told: one that ended more than a minute ago is not the last. */
  private long current(Told told) {
    return told.endNanos > watermarkNanos - MINUTE_NANOS ? told.turns : 0;
  }

  /** Turns of the last burst that is over. */
  public long lastBurst() {
    return burst.turns;
  }

  /** Turns that took so long that the minute in which they arrived was closed. */
  public long late() {
    return late;
  }
}
