package dev.hourglass.core.load;

/**
 * The mean of a window: <i>ŷ(t+h) = (1/n)·Σ y(t−i), i = 0 … n−1</i>.
 *
 * <p>R. J. Hyndman, G. Athanasopoulos, <i>Forecasting: Principles and Practice</i>, 3rd ed.,
 * section 5.2 (mean method, over a sliding window).
 */
final class MovingAverage implements Expert {
  private final int windowSeconds;
  private double mean;

  MovingAverage(int windowSeconds) {
    this.windowSeconds = windowSeconds;
  }

  @Override
  public String method() {
    return "ma" + windowSeconds;
  }

  @Override
  public Family family() {
    return Family.AVERAGE;
  }

  @Override
  public void observe(LoadHistory history) {
    mean = history.mean(windowSeconds / LoadHistory.POINT_SECONDS);
  }

  @Override
  public double forecast(Horizon horizon) {
    return mean;
  }
}
