package dev.hourglass.core.routing;

/**
 * What a choice knows of an endpoint at one moment.
 *
 * @param weight its share of the work beside others; grows to its configured value after a return
 * @param inFlight generations that were sent to it and have not ended
 * @param slots generations it computes at once; 0 where unknown
 * @param kvCapacityTokens KV tokens it can hold; 0 where unknown
 * @param pace how fast it has been lately
 */
public record EndpointLoad(
    EndpointId id, double weight, int inFlight, int slots, int kvCapacityTokens, Pace pace) {
  /** What a small GPU takes for a prompt token. */
  private static final double USUAL_PREFILL_SECONDS_PER_TOKEN = 0.0002;

  public EndpointLoad {
    if (!(weight > 0)) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: > 0)");
    }
    if (inFlight < 0 || slots < 0 || kvCapacityTokens < 0) {
      throw new IllegalArgumentException(
          "inFlight %d, slots %d, kvCapacityTokens %d (expected: >= 0)"
              .formatted(inFlight, slots, kvCapacityTokens));
    }
  }

  /**
   * How fast an endpoint has been lately; 0 where nothing was measured.
   *
   * @param secondsPerToken between two tokens of an answer, peaks remembered
   * @param secondsToFirstToken from sending to the first text, peaks remembered
   * @param serviceSeconds a whole generation, on average
   * @param prefillSecondsPerToken the least that a prompt token which was not cached has cost
   */
  public record Pace(
      double secondsPerToken,
      double secondsToFirstToken,
      double serviceSeconds,
      double prefillSecondsPerToken) {
    /** Nothing measured. */
    public static final Pace UNKNOWN = new Pace(0, 0, 0, 0);
  }

  /** Generations in flight for each slot that its weight gives it; where slots are unknown, one. */
  double crowding() {
    return inFlight / (weight * Math.max(1, slots));
  }

  /**
   * How long one more generation would wait for a slot. Where slots are unknown, what the last ones
   * waited for their first token stands for it.
   */
  double queueSeconds() {
    if (slots == 0) {
      return pace.secondsToFirstToken;
    }
    double places = slots * Math.min(1, weight);
    return Math.max(0, inFlight + 1 - places) * pace.serviceSeconds / places;
  }

  /** How long it computes so many prompt tokens; a guess until it was measured. */
  double prefillSeconds(int tokens) {
    double measured = pace.prefillSecondsPerToken;
    return tokens * (measured > 0 ? measured : USUAL_PREFILL_SECONDS_PER_TOKEN);
  }
}
