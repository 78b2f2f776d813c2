package dev.hourglass.core.load;

/**
 * Simple exponential smoothing over five-second means: <i>ℓ(t) = α·y(t) + (1−α)·ℓ(t−1), ŷ(t+h) =
 * ℓ(t)</i>.
 *
 * <p>R. G. Brown, <i>Exponential Smoothing for Predicting Demand</i>, 1956; Hyndman and
 * Athanasopoulos, section 8.1. It starts as the plain mean of what there is, until that has fewer
 * than 1/α points; so the first value does not weigh on.
 */
final class ExponentialAverage implements Expert {
  private final double smoothing;
  private double level;
  private int points;

  ExponentialAverage(double smoothing) {
    this.smoothing = smoothing;
  }

  @Override
  public String method() {
    return "ewma" + smoothing;
  }

  @Override
  public Family family() {
    return Family.AVERAGE;
  }

  @Override
  public void observe(LoadHistory history) {
    points++;
    level += Math.max(smoothing, 1.0 / points) * (history.latestPoint() - level);
  }

  @Override
  public double forecast(Horizon horizon) {
    return level;
  }
}
