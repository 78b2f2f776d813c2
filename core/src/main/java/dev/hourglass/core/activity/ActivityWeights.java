package dev.hourglass.core.activity;

/** How much each part of the activity counts; only their proportions matter. */
public record ActivityWeights(double density, double responsiveness, double topicContinuity) {
  public static final ActivityWeights DEFAULTS = new ActivityWeights(40, 30, 30);

  public ActivityWeights {
    requireWeight("density", density);
    requireWeight("responsiveness", responsiveness);
    requireWeight("topic continuity", topicContinuity);
    double sum = density + responsiveness + topicContinuity;
    if (sum <= 0) {
      throw new IllegalArgumentException("weights: all 0 (expected: at least one > 0)");
    }
    density /= sum;
    responsiveness /= sum;
    topicContinuity /= sum;
  }

  private static void requireWeight(String part, double weight) {
    // Written so that NaN fails, too.
    if (!(weight >= 0 && weight <= 1e6)) {
      throw new IllegalArgumentException(
          "weight of " + part + ": " + weight + " (expected: 0 to 1000000)");
    }
  }
}
