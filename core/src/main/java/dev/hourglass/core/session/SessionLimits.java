package dev.hourglass.core.session;

import java.time.Duration;

/**
 * How many sessions there may be, and for how long.
 *
 * @param explicitSessions live explicit sessions; one more is refused
 * @param implicitSessions live implicit sessions; for one more the oldest idle one goes. More than
 *     the turns that may run at once, so that an idle one always exists
 * @param waitingTurns turns that may wait for a busy session
 * @param defaultTtl {@code context_ttl} where the client names none
 * @param longestTtl the most a client may ask for
 */
public record SessionLimits(
    int explicitSessions,
    int implicitSessions,
    int waitingTurns,
    Duration defaultTtl,
    Duration longestTtl) {

  /** What holds unless configured otherwise. */
  public static final SessionLimits DEFAULTS =
      new SessionLimits(100_000, 100_000, 8, Duration.ofMinutes(30), Duration.ofDays(30));

  public SessionLimits {
    requireAtLeast("explicit sessions", explicitSessions, 1);
    requireAtLeast("implicit sessions", implicitSessions, 1);
    requireAtLeast("waiting turns", waitingTurns, 0);
    if (!defaultTtl.isPositive()) {
      throw new IllegalArgumentException("default ttl: " + defaultTtl + " (expected: positive)");
    }
    if (longestTtl.compareTo(defaultTtl) < 0) {
      throw new IllegalArgumentException(
          "longest ttl: " + longestTtl + " (expected: at least the default, " + defaultTtl + ")");
    }
  }

  private static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
    }
  }
}
