package dev.hourglass.core.load;

/**
 * Holt's linear method with a damped trend: <i>ℓ(t) = α·y(t) + (1−α)·(ℓ(t−1) + φ·b(t−1)), b(t) =
 * β·(ℓ(t) − ℓ(t−1)) + (1−β)·φ·b(t−1), ŷ(t+h) = ℓ(t) + (φ + φ² + … + φ^h)·b(t)</i>.
 *
 * <p>E. S. Gardner, E. McKenzie, <i>Forecasting trends in time series</i>, Management Science 31
 * (10), 1985; Hyndman and Athanasopoulos, section 8.2. α = 0.2, β = 0.1, φ = 0.9 per five seconds:
 * a trend has halved after 35 s.
 */
final class DampedHolt implements Expert {
  private static final double LEVEL_SMOOTHING = 0.2;
  private static final double TREND_SMOOTHING = 0.1;
  private static final double DAMPING = 0.9;

  private boolean started;
  private double level;
  private double trend;

  @Override
  public String method() {
    return "holt";
  }

  @Override
  public Family family() {
    return Family.SMOOTHED_TREND;
  }

  @Override
  public void observe(LoadHistory history) {
    double value = history.latestPoint();
    if (!started) {
      started = true;
      level = value;
      return;
    }
    double expected = level + DAMPING * trend;
    double before = level;
    level = expected + LEVEL_SMOOTHING * (value - expected);
    trend = TREND_SMOOTHING * (level - before) + (1 - TREND_SMOOTHING) * DAMPING * trend;
  }

  @Override
  public double forecast(Horizon horizon) {
    double damping = DAMPING * (1 - Math.pow(DAMPING, horizon.steps())) / (1 - DAMPING);
    return level + damping * trend;
  }
}
