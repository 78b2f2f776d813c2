package dev.hourglass.core.residency;

/**
 * How much each tier below the engine may hold.
 *
 * @param warmBytes snapshots in host memory; 0 for none, and then nothing is ever cold either
 * @param coldBytes snapshots on disk; 0 for none
 */
public record LadderLimits(long warmBytes, long coldBytes) {
  public LadderLimits {
    requireNotNegative("warmBytes", warmBytes);
    requireNotNegative("coldBytes", coldBytes);
  }

  private static void requireNotNegative(String name, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException(name + ": " + bytes + " (expected: >= 0)");
    }
  }
}
