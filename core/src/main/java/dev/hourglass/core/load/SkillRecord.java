package dev.hourglass.core.load;

import java.util.Optional;

/** Discounted errors of the mixture and of {@link Naive}, from which their skill is told. */
final class SkillRecord {
  /** Per tick, as in {@link HedgeMixture}. */
  private static final double DISCOUNT = 0.99;

  private double weights;
  private double loss;
  private double naiveLoss;
  private double actuals;

  void matured(double mean, double naive, double actual) {
    weights = DISCOUNT * weights + 1;
    loss = DISCOUNT * loss + Math.abs(actual - mean);
    naiveLoss = DISCOUNT * naiveLoss + Math.abs(actual - naive);
    actuals = DISCOUNT * actuals + actual;
  }

  Optional<ForecastSkill> current() {
    return weights == 0
        ? Optional.empty()
        : Optional.of(new ForecastSkill(loss / weights, naiveLoss / weights, actuals / weights));
  }
}
