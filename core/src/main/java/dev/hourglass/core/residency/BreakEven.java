package dev.hourglass.core.residency;

import dev.hourglass.core.retention.policy.ReturnCost;
import dev.hourglass.core.session.Residency;

/**
 * From which length on putting a state back beats computing it again, learnt from the restores and
 * prefills of this engine. Safe for use by several threads.
 */
public final class BreakEven implements ReturnCost {
  /** Taken until enough was seen: a guess, soon replaced by what this machine measures. */
  private static final int FIRST_GUESS_TOKENS = 32;

  private static final int LEAST_TOKENS = 16;
  private static final int ENOUGH_OBSERVATIONS = 8;

  /** One in so many short states is kept all the same, or nothing would be learnt from them. */
  private static final int EXPLORE_EVERY = 32;

  private final LinearCost prefill = new LinearCost();
  private final LinearCost restore = new LinearCost();
  private final LinearCost restoreFromDisk = new LinearCost();
  private int tooShort;

  synchronized void prefilled(int tokens, long nanos) {
    prefill.observe(tokens, nanos);
  }

  synchronized void restored(Residency from, int tokens, long nanos) {
    (from == Residency.COLD ? restoreFromDisk : restore).observe(tokens, nanos);
  }

  @Override
  public synchronized double prefillSeconds(int kvTokens) {
    return prefill.observations() < ENOUGH_OBSERVATIONS
        ? ASSUMED.prefillSeconds(kvTokens)
        : prefill.nanos(kvTokens) / 1e9;
  }

  /** What the disk takes is not known before it was used: no less than memory does. */
  @Override
  public synchronized double restoreSeconds(Residency from, int kvTokens) {
    double fromMemory =
        restore.observations() < ENOUGH_OBSERVATIONS
            ? ASSUMED.restoreSeconds(from, kvTokens)
            : restore.nanos(kvTokens) / 1e9;
    return from == Residency.COLD && restoreFromDisk.observations() > 0
        ? restoreFromDisk.nanos(kvTokens) / 1e9
        : fromMemory;
  }

  /** The shortest state for which a restore is expected to win; the largest number for never. */
  public synchronized int tokens() {
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
