package dev.hourglass.core.routing;

/**
 * A moving average that follows a rise at once and a fall slowly (peak EWMA, as in Twitter's
 * Finagle): a sample above it replaces it; otherwise {@code average·w + sample·(1−w)} with {@code w
 * = exp(−Δt/τ)}.
 *
 * <p>Not safe for use by several threads.
 */
final class PeakAverage {
  private final double tauSeconds;
  private double value;
  private double lastSecond = Double.NaN;

  PeakAverage(double tauSeconds) {
    this.tauSeconds = tauSeconds;
  }

  void sample(double second, double sample) {
    if (Double.isNaN(lastSecond) || sample >= value) {
      value = sample;
    } else {
      double kept = kept(second);
      value = value * kept + sample * (1 - kept);
    }
    lastSecond = Double.isNaN(lastSecond) ? second : Math.max(lastSecond, second);
  }

  /**
   * The average, fading while nothing is sampled, so that a peak does not keep an endpoint from
   * ever being tried again; 0 before the first sample.
   */
  double at(double second) {
    return Double.isNaN(lastSecond) ? 0 : value * kept(second);
  }

  private double kept(double second) {
    return Math.exp(-Math.max(0, second - lastSecond) / tauSeconds);
  }
}
