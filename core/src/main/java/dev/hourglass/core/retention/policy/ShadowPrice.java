package dev.hourglass.core.retention.policy;

import java.util.OptionalDouble;

/**
 * What a second of a tier's memory costs, so that demand meets supply:
 *
 * <pre>  λ ← λ · exp(κ · (predicted occupancy − target))  </pre>
 *
 * <p>each second, within an eighth of the least and twice the greatest worth that the tier holds:
 * beyond, a price would say nothing that it does not say there, and would take long to come back.
 */
final class ShadowPrice {
  static final double TARGET = 0.95;

  private static final double KAPPA = 2;
  private static final double LEAST_SHARE = 1.0 / 8;
  private static final double MOST_SHARE = 2;

  private double price;
  private double expected;

  /**
   * Lets a second pass.
   *
   * @param least worth of what the tier holds
   * @param most worth of what the tier holds
   */
  void second(double expectedShare, double least, double most) {
    expected = expectedShare;
    if (most <= 0) {
      return;
    }
    double before = price > 0 ? price : least;
    double next = before * Math.exp(KAPPA * (expectedShare - TARGET));
    price = Math.clamp(next, LEAST_SHARE * least, MOST_SHARE * most);
  }

  /** A state had to go although it was worth so much: memory is worth that at least. */
  void paid(double worth) {
    price = Math.max(price, worth);
  }

  boolean pressed() {
    return expected > TARGET;
  }

  double expected() {
    return expected;
  }

  double price() {
    return price;
  }

  OptionalDouble known() {
    return price > 0 ? OptionalDouble.of(price) : OptionalDouble.empty();
  }
}
