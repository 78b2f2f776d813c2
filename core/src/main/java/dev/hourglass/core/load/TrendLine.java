package dev.hourglass.core.load;

/**
 * The straight line of least squares through the last points: <i>b = Σ(x−x̄)(y−ȳ) / Σ(x−x̄)², ŷ = ȳ
 * + b·(x−x̄)</i>, with x counted in points.
 *
 * @param points how many points it goes through
 * @param mean ȳ
 * @param slope b, per point
 * @param slopeError the standard error of b, widened for residuals that hang together
 */
record TrendLine(int points, double mean, double slope, double slopeError) {

  static TrendLine through(LoadHistory history, int mostPoints) {
    int points = Math.min(mostPoints, history.size());
    int from = history.size() - points;
    double mean = history.mean(points);
    double middle = (points - 1) / 2.0;
    double cross = 0;
    for (int index = 0; index < points; index++) {
      cross += (index - middle) * (history.point(from + index) - mean);
    }
    double squares = points * ((double) points * points - 1) / 12;
    double slope = points < 2 ? 0 : cross / squares;
    return new TrendLine(points, mean, slope, slopeError(history, points, mean, slope, squares));
  }

  /**
   * <i>se(b) = s/√Σ(x−x̄)² · √((1+ρ)/(1−ρ))</i>: ρ is the lag-one autocorrelation of the residuals,
   * which makes n points worth n·(1−ρ)/(1+ρ) independent ones.
   */
  private static double slopeError(
      LoadHistory history, int points, double mean, double slope, double squares) {
    if (points < 3) {
      return Double.POSITIVE_INFINITY;
    }
    int from = history.size() - points;
    double middle = (points - 1) / 2.0;
    double variation = 0;
    double covariation = 0;
    double before = 0;
    for (int index = 0; index < points; index++) {
      double residual = history.point(from + index) - mean - slope * (index - middle);
      variation += residual * residual;
      covariation += residual * before;
      before = residual;
    }
    double correlation = variation > 0 ? Math.clamp(covariation / variation, 0, 0.95) : 0;
    return Math.sqrt(variation / (points - 2) / squares * (1 + correlation) / (1 - correlation));
  }

  /** The line's value so many seconds after the tick that closed the last point. */
  double after(double seconds) {
    return mean + slope * stepsFromMiddle(seconds);
  }

  double stepsFromMiddle(double seconds) {
    return (points - 1) / 2.0
        + (seconds + LoadHistory.POINT_AGE_SECONDS) / LoadHistory.POINT_SECONDS;
  }
}
