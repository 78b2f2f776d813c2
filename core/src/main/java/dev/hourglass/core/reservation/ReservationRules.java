package dev.hourglass.core.reservation;

import java.time.Duration;

/**
 * What may be reserved, and for how long it is kept.
 *
 * @param holdTtl how long a hold waits to be confirmed
 * @param noShowGrace how long after its start a reservation waits for its first use
 * @param longest the longest window
 * @param horizon how far ahead a window may begin
 * @param mostPerTenant reservations of one tenant that are live at once in one pool
 * @param mostPerPool reservations that are live at once in one pool
 * @param endedKept reservations of one pool that are remembered after their end
 * @param overbookingPercent how much more than the pool has is sold; 0 for nothing
 */
public record ReservationRules(
    Duration holdTtl,
    Duration noShowGrace,
    Duration longest,
    Duration horizon,
    int mostPerTenant,
    int mostPerPool,
    int endedKept,
    int overbookingPercent) {
  /** For a gateway that was told nothing else. */
  public static final ReservationRules DEFAULTS =
      new ReservationRules(
          Duration.ofMinutes(1),
          Duration.ofMinutes(5),
          Duration.ofDays(1),
          Duration.ofDays(30),
          100,
          10_000,
          1_000,
          0);

  public ReservationRules {
    requirePositive("hold ttl", holdTtl);
    requirePositive("no-show grace", noShowGrace);
    requirePositive("longest", longest);
    requirePositive("horizon", horizon);
    requireAtLeast("reservations of a tenant", mostPerTenant, 1);
    requireAtLeast("reservations of a pool", mostPerPool, 1);
    requireAtLeast("ended reservations kept", endedKept, 0);
    requireAtLeast("overbooking percent", overbookingPercent, 0);
  }

  private static void requirePositive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: above 0)");
    }
  }

  private static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
    }
  }

  /** How many sessions may be sold of a pool that has so many. */
  int sellable(int capacity) {
    return (int) Math.min(Integer.MAX_VALUE, capacity * (100L + overbookingPercent) / 100);
  }
}
