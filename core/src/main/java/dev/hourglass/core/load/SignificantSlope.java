package dev.hourglass.core.load;

/**
 * The {@link TrendLine} of five minutes with its slope shrunk towards none: <i>b' = b·max(0, 1 −
 * 1/t²), t = b/se(b)</i>.
 *
 * <p>A slope within its standard error is noise and counts nothing, so that this is a moving
 * average; a clear one counts almost whole. The factor is the positive-part shrinkage of W. James
 * and C. Stein, <i>Estimation with quadratic loss</i>, 1961, for one coefficient.
 */
final class SignificantSlope implements Expert {
  private static final int WINDOW_POINTS = 60;

  private TrendLine line = new TrendLine(1, 0, 0, 0);
  private double slope;

  @Override
  public String method() {
    return "slope";
  }

  @Override
  public Family family() {
    return Family.LINE;
  }

  @Override
  public void observe(LoadHistory history) {
    line = TrendLine.through(history, WINDOW_POINTS);
    double ratio = line.slopeError() / line.slope();
    slope = line.slope() == 0 ? 0 : line.slope() * Math.max(0, 1 - ratio * ratio);
  }

  @Override
  public double forecast(Horizon horizon) {
    return line.mean() + slope * line.stepsFromMiddle(horizon.seconds());
  }
}
