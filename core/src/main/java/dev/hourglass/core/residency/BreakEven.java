package dev.hourglass.core.residency;

/**
 * From which length on putting a state back beats computing it again, learnt from the restores and
 * prefills of this engine. Safe for use by several threads.
 */
final class BreakEven {
  /** Taken until enough was seen: a guess, soon replaced by what this machine measures. */
  private static final int FIRST_GUESS_TOKENS = 32;

  private static final int LEAST_TOKENS = 16;
  private static final int ENOUGH_OBSERVATIONS = 8;

  /** One in so many short states is kept all the same, or nothing would be learnt from them. */
  private static final int EXPLORE_EVERY = 32;

  private final LinearCost prefill = new LinearCost();
  private final LinearCost restore = new LinearCost();
  private int tooShort;

  synchronized void prefilled(int tokens, long nanos) {
    prefill.observe(tokens, nanos);
  }

  synchronized void restored(int tokens, long nanos) {
    restore.observe(tokens, nanos);
  }

  /** The shortest state for which a restore is expected to win; the largest number for never. */
  synchronized int tokens() {
    if (prefill.observations() < ENOUGH_OBSERVATIONS
        || restore.observations() < ENOUGH_OBSERVATIONS) {
      return FIRST_GUESS_TOKENS;
    }
    double ahead = restore.startNanos() - prefill.startNanos();
    double gain = prefill.slopeNanos() - restore.slopeNanos();
    if (gain <= 0) {
      return ahead < 0 ? LEAST_TOKENS : Integer.MAX_VALUE;
    }
    return (int) Math.max(LEAST_TOKENS, Math.min(Integer.MAX_VALUE, Math.ceil(ahead / gain)));
  }

  /** Whether a state of this length is worth a snapshot. */
  synchronized boolean worthKeeping(int kvTokens) {
    if (kvTokens >= tokens()) {
      return true;
    }
    tooShort = (tooShort + 1) % EXPLORE_EVERY;
    return tooShort == 0;
  }
}
