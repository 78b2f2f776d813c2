package dev.hourglass.core.load.live;

/**
 * An exponential average of values that come unevenly: <i>m ← m + (1 − exp(−Δt/τ))·(x − m)</i>, the
 * first one taken as it is. A value after a long pause counts almost whole.
 */
final class DecayingMean {
  private final double timeConstantSeconds;
  private double mean = Double.NaN;
  private long updatedNanos;

  DecayingMean(double timeConstantSeconds) {
    this.timeConstantSeconds = timeConstantSeconds;
  }

  void update(double value, long nowNanos) {
    if (Double.isNaN(mean)) {
      mean = value;
    } else {
      double seconds = (nowNanos - updatedNanos) / 1e9;
      mean += -Math.expm1(-seconds / timeConstantSeconds) * (value - mean);
    }
    updatedNanos = nowNanos;
  }

  /** NaN before the first value. */
  double mean() {
    return mean;
  }

  long updatedNanos() {
    return updatedNanos;
  }
}
