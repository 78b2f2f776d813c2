package dev.hourglass.core.load;

/**
 * The errors of a method over many origins, in percent.
 *
 * <p><i>MAPE = 100·mean(|y−ŷ|/y)</i> over targets that are not zero, <i>WAPE = 100·Σ|y−ŷ|/Σy</i>,
 * coverage = the share of targets that P90 was not below, and the mean pinball loss of P90,
 * <i>max(0.9·(y−q), 0.1·(q−y))</i>, in the signal's own unit: R. Koenker, G. Bassett, <i>Regression
 * quantiles</i>, 1978.
 */
public final class ForecastScore {
  private static final double LEVEL = 0.9;

  private int origins;
  private int nonZero;
  private double relativeErrors;
  private double errors;
  private double actuals;
  private int covered;
  private double pinball;

  public void add(double mean, double p90, double actual) {
    origins++;
    double error = Math.abs(actual - mean);
    if (actual != 0) {
      nonZero++;
      relativeErrors += error / Math.abs(actual);
    }
    errors += error;
    actuals += actual;
    covered += actual <= p90 ? 1 : 0;
    pinball += Math.max(LEVEL * (actual - p90), (1 - LEVEL) * (p90 - actual));
  }

  public int origins() {
    return origins;
  }

  /** NaN where every target was zero. */
  public double mape() {
    return 100 * relativeErrors / nonZero;
  }

  /** Not finite where every target was zero. */
  public double wape() {
    return 100 * errors / actuals;
  }

  public double p90Coverage() {
    return 100.0 * covered / origins;
  }

  public double pinball() {
    return pinball / origins;
  }
}
