package dev.hourglass.core.load;

import java.util.Collections;
import java.util.List;

/**
 * A mean of experts for one horizon, weighted by how well each did of late: <i>w(i) ∝
 * π(i)·exp(−η·(L(i) / L(best) − 1))</i>, with the discounted absolute loss <i>L(i) ← γ·L(i) + |y −
 * ŷ(i)|</i>.
 *
 * <p>Hedge: Y. Freund, R. E. Schapire, <i>A decision-theoretic generalization of on-line learning
 * and an application to boosting</i>, 1997; with discounted losses: A. V. Chernov, F. Zhdanov,
 * <i>Prediction with expert advice under discounted loss</i>, 2010. Dividing by the best loss makes
 * the weights independent of the signal's unit. η = 8, γ = 0.99 a tick.
 *
 * <p>The prior π gives each family of experts the same weight, divided among its members; else the
 * mixture would lean to whatever kind has most variants.
 */
final class HedgeMixture {
  private static final double LEARNING_RATE = 8;
  private static final double DISCOUNT = 0.99;

  private final double[] priors;
  private final double[] losses;

  HedgeMixture(List<Expert.Family> families) {
    priors =
        families.stream()
            .mapToDouble(family -> 1.0 / Collections.frequency(families, family))
            .toArray();
    losses = new double[priors.length];
  }

  /** Learns from what came, given what each expert had said. */
  void matured(double[] forecasts, double actual) {
    for (int expert = 0; expert < losses.length; expert++) {
      losses[expert] = DISCOUNT * losses[expert] + Math.abs(actual - forecasts[expert]);
    }
  }

  double mix(double[] forecasts) {
    double best = best();
    double weights = 0;
    double sum = 0;
    for (int expert = 0; expert < losses.length; expert++) {
      double weight = weight(expert, best);
      weights += weight;
      sum += weight * forecasts[expert];
    }
    return sum / weights;
  }

  /** Share of an expert in the mixture, 0 to 1. */
  double share(int expert) {
    double best = best();
    double weights = 0;
    for (int other = 0; other < losses.length; other++) {
      weights += weight(other, best);
    }
    return weight(expert, best) / weights;
  }

  private double best() {
    double best = Double.POSITIVE_INFINITY;
    for (double loss : losses) {
      best = Math.min(best, loss);
    }
    return best;
  }

  private double weight(int expert, double best) {
    double loss = losses[expert];
    // The best may have no loss at all.
    return priors[expert] * (loss <= best ? 1 : Math.exp(-LEARNING_RATE * (loss / best - 1)));
  }
}
