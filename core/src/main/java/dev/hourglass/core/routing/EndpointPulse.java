package dev.hourglass.core.routing;

import dev.hourglass.core.routing.EndpointLoad.Pace;

/**
 * How fast one endpoint is, from the generations that it served. Not safe for use by several
 * threads.
 */
public final class EndpointPulse {
  private static final double TAU_SECONDS = 30;
  private static final double SERVICE_WEIGHT = 0.05;
  private static final int LEAST_PREFILL_TOKENS = 64;

  /** The least cost is forgotten by a percent a sample, so that an engine may become slower. */
  private static final double FORGETTING = 1.01;

  private final PeakAverage secondsPerToken = new PeakAverage(TAU_SECONDS);
  private final PeakAverage secondsToFirstToken = new PeakAverage(TAU_SECONDS);
  private double serviceSeconds;
  private double prefillSecondsPerToken;

  /**
   * The first token came.
   *
   * @param seconds since the generation was sent
   * @param uncachedTokens prompt tokens that had to be computed
   */
  public void firstToken(double nowSeconds, double seconds, int uncachedTokens) {
    secondsToFirstToken.sample(nowSeconds, seconds);
    if (uncachedTokens >= LEAST_PREFILL_TOKENS) {
      double sample = seconds / uncachedTokens;
      double known = prefillSecondsPerToken * FORGETTING;
      prefillSecondsPerToken = prefillSecondsPerToken == 0 ? sample : Math.min(known, sample);
    }
  }

  /**
   * A whole answer came.
   *
   * @param seconds since the generation was sent
   */
  public void served(double seconds) {
    serviceSeconds =
        serviceSeconds == 0
            ? seconds
            : serviceSeconds + SERVICE_WEIGHT * (seconds - serviceSeconds);
  }

  /** The pause between two tokens, on average over an answer. */
  public void tokenPause(double nowSeconds, double seconds) {
    secondsPerToken.sample(nowSeconds, seconds);
  }

  public Pace pace(double nowSeconds) {
    return new Pace(
        secondsPerToken.at(nowSeconds),
        secondsToFirstToken.at(nowSeconds),
        serviceSeconds,
        prefillSecondsPerToken);
  }
}
