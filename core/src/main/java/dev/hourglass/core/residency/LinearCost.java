package dev.hourglass.core.residency;

/**
 * A time that grows with tokens, learnt online: a straight line through what was seen, older
 * observations counting less. Neither its start nor its slope is ever below zero.
 */
final class LinearCost {
  private static final double FORGETTING = 0.98;

  private double weight;
  private double tokens;
  private double nanos;
  private double tokensSquared;
  private double tokensTimesNanos;
  private long observations;

  void observe(int tokenCount, long nanosTaken) {
    weight = weight * FORGETTING + 1;
    tokens = tokens * FORGETTING + tokenCount;
    nanos = nanos * FORGETTING + nanosTaken;
    tokensSquared = tokensSquared * FORGETTING + (double) tokenCount * tokenCount;
    tokensTimesNanos = tokensTimesNanos * FORGETTING + (double) tokenCount * nanosTaken;
    observations++;
  }

  long observations() {
    return observations;
  }

  /** Nanoseconds for each token; through the origin where the lengths do not differ. */
  double slopeNanos() {
    double spread = weight * tokensSquared - tokens * tokens;
    if (spread <= 1e-6 * weight * tokensSquared) {
      return throughOrigin();
    }
    double slope = (weight * tokensTimesNanos - tokens * nanos) / spread;
    double start = (nanos - slope * tokens) / weight;
    if (start < 0) {
      return throughOrigin();
    }
    return Math.max(0, slope);
  }

  /** Nanoseconds however few the tokens are. */
  double startNanos() {
    return weight == 0 ? 0 : Math.max(0, (nanos - slopeNanos() * tokens) / weight);
  }

  double nanos(int tokenCount) {
    return startNanos() + slopeNanos() * tokenCount;
  }

  private double throughOrigin() {
    return tokensSquared == 0 ? 0 : Math.max(0, tokensTimesNanos / tokensSquared);
  }
}
