package dev.hourglass.core.load;

/**
 * The {@link TrendLine} of a window, drawn on: <i>ŷ(t+h) = ȳ + b·(t+h−x̄)</i>.
 *
 * <p>Ordinary least squares on time: A.-M. Legendre, 1805; Hyndman and Athanasopoulos, section 7.4.
 * This alone is the sliding window with linear regression of the original claim.
 */
final class LeastSquaresTrend implements Expert {
  private final int windowSeconds;
  private TrendLine line = new TrendLine(1, 0, 0, 0);

  LeastSquaresTrend(int windowSeconds) {
    this.windowSeconds = windowSeconds;
  }

  @Override
  public String method() {
    return "ols" + windowSeconds;
  }

  @Override
  public Family family() {
    return Family.LINE;
  }

  @Override
  public void observe(LoadHistory history) {
    line = TrendLine.through(history, windowSeconds / LoadHistory.POINT_SECONDS);
  }

  @Override
  public double forecast(Horizon horizon) {
    return line.after(horizon.seconds());
  }
}
