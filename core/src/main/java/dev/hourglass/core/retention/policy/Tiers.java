package dev.hourglass.core.retention.policy;

/**
 * What a house can hold, tier by tier.
 *
 * @param hotKvTokens cells of the engine
 * @param hotSessions sessions that can hold cells at once
 * @param warmBytes snapshots in memory; 0 for none
 * @param coldBytes snapshots on disk; 0 for none
 */
public record Tiers(int hotKvTokens, int hotSessions, long warmBytes, long coldBytes) {
  public Tiers {
    if (hotKvTokens < 1 || hotSessions < 1) {
      throw new IllegalArgumentException(
          "hot: %d tokens for %d sessions (expected: at least 1)"
              .formatted(hotKvTokens, hotSessions));
    }
  }

  /** What a state takes of the engine: cells, or its part of the sequences if that is more. */
  int hotTokens(int kvTokens) {
    return Math.max(kvTokens, Math.max(1, hotKvTokens / hotSessions));
  }
}
