package dev.hourglass.core.load.limit;

import java.time.Duration;

/**
 * A moving average that rises fast and falls slowly, with its variance: <i>m ← m + α·(x − m), v ←
 * (1 − α)·(v + α·(x − m)²), α = 1 − exp(−Δt/τ)</i>, where τ is the attack time for an x above m and
 * the release time for one below.
 *
 * <p>The two times are those of an audio envelope follower; the variance is that of T. Finch,
 * <i>Incremental calculation of weighted mean and variance</i>, 2009, section 9. Since α follows
 * from the time that passed, readings may come unevenly. The first one is taken as it is.
 */
public final class AttackReleaseAverage {
  private final double attackSeconds;
  private final double releaseSeconds;
  private boolean started;
  private double mean;
  private double variance;

  /**
   * Creates an average.
   *
   * @param attack time constant upwards, positive
   * @param release time constant downwards, positive
   */
  public AttackReleaseAverage(Duration attack, Duration release) {
    this.attackSeconds = positive("attack", attack);
    this.releaseSeconds = positive("release", release);
  }

  /** Five seconds up, a minute down: a peak counts at once, and is not forgotten at once. */
  public static AttackReleaseAverage ofLoad() {
    return new AttackReleaseAverage(Duration.ofSeconds(5), Duration.ofSeconds(60));
  }

  private static double positive(String name, Duration time) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException(name + ": " + time + " (expected: > 0)");
    }
    return time.toNanos() / 1e9;
  }

  /**
   * Takes a value.
   *
   * @param seconds since the value before, not negative
   */
  public void update(double value, double seconds) {
    if (!started) {
      started = true;
      mean = value;
      return;
    }
    double difference = value - mean;
    double weight = -Math.expm1(-seconds / (difference > 0 ? attackSeconds : releaseSeconds));
    double step = weight * difference;
    mean += step;
    variance = (1 - weight) * (variance + difference * step);
  }

  /** NaN before the first value. */
  public double mean() {
    return started ? mean : Double.NaN;
  }

  /** The standard deviation; 0 before the second value. */
  public double deviation() {
    return Math.sqrt(variance);
  }
}
