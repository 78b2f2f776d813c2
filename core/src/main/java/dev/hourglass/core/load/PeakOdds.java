package dev.hourglass.core.load;

import java.util.OptionalDouble;

/**
 * The chance that a peak within the horizon passes a bound, from how far peaks were above their
 * forecasts: <i>P(max > C) = (#{s : ŷ + s·√max(ŷ, 1) > C} + ½) / (n + 1)</i>.
 *
 * <p>The scores s = (max − ŷ)/√max(ŷ, 1) of the last ten minutes are the empirical distribution of
 * the peak (the same scores as in {@link ConformalQuantile}); the half keeps the chance off 0 and
 * 1, which n scores cannot prove (the estimator of R. E. Krichevsky, V. K. Trofimov, <i>The
 * performance of universal encoding</i>, 1981).
 */
final class PeakOdds {
  private static final int WINDOW = 120;
  private static final int FEW_SCORES = 20;

  private final double[] ring = new double[WINDOW];
  private int next;
  private int size;

  /** Learns how high the signal rose within the horizon of a forecast; NaN is unknown. */
  void matured(double mean, double peak) {
    if (Double.isNaN(peak)) {
      return;
    }
    ring[next] = (peak - mean) / ConformalQuantile.scale(mean);
    next = (next + 1) % WINDOW;
    size = Math.min(size + 1, WINDOW);
  }

  /** The chance, 0 to 1; empty while there are too few scores to tell. */
  OptionalDouble above(double capacity, double mean) {
    if (size < FEW_SCORES) {
      return OptionalDouble.empty();
    }
    double bound = (capacity - mean) / ConformalQuantile.scale(mean);
    int above = 0;
    for (int index = 0; index < size; index++) {
      above += ring[index] > bound ? 1 : 0;
    }
    return OptionalDouble.of((above + 0.5) / (size + 1));
  }
}
