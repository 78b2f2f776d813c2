package dev.hourglass.core.load;

/**
 * It stays as it is: <i>ŷ(t+h) = y(t)</i>, the last sample.
 *
 * <p>The benchmark of every other method: R. J. Hyndman, G. Athanasopoulos, <i>Forecasting:
 * Principles and Practice</i>, 3rd ed., section 5.2.
 */
final class Naive implements Expert {
  static final String METHOD = "naive";

  private double latest;

  @Override
  public String method() {
    return METHOD;
  }

  @Override
  public Family family() {
    return Family.PERSISTENCE;
  }

  @Override
  public void observe(LoadHistory history) {
    latest = history.latestSample();
  }

  @Override
  public double forecast(Horizon horizon) {
    return latest;
  }
}
