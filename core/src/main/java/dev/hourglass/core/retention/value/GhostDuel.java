package dev.hourglass.core.retention.value;

/**
 * Keeps the score of two caches that run beside each other as ghosts, which know what they would
 * hold and hold none: which of them has kept more of what came back of late. The usual one leads
 * until the challenger has more; a draw changes nothing.
 *
 * <p>Hits count half after accesses of four times the capacity, whatever that is counted in: long
 * enough for both to have turned over, short enough to follow when conversations change. There is
 * no margin, since following the other one costs only what is let go by its order from then on (ADR
 * 27). Not thread-safe.
 */
public final class GhostDuel {
  private static final double HALF_LIFE_CAPACITIES = 4;

  /** Hits of the challenger beyond those of the usual one. */
  private double lead;

  private boolean challengerLeads;

  /**
   * Something was accessed.
   *
   * @param size of it
   * @param capacity of either cache, in the same unit, above 0
   * @param usualHits what the usual one had of it
   * @param challengerHits what the challenger had of it
   */
  public void accessed(double size, double capacity, double usualHits, double challengerHits) {
    lead *= Math.pow(0.5, size / (HALF_LIFE_CAPACITIES * capacity));
    lead += challengerHits - usualHits;
    if (lead != 0) {
      challengerLeads = lead > 0;
    }
  }

  /** Whether the challenger has kept more of late. */
  public boolean challengerLeads() {
    return challengerLeads;
  }
}
