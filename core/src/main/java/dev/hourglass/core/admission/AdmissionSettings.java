package dev.hourglass.core.admission;

import java.time.Duration;

/**
 * The bounds of one pool's admission.
 *
 * @param longestWait how long a turn may wait here before it is told to come back
 * @param horizon beyond it nobody is given a place
 * @param ticketGrace how long after its time a place is kept for a client that is late
 * @param mostWaiting turns that wait at once
 * @param mostTickets places kept at once for clients that are to come back
 */
public record AdmissionSettings(
    Duration longestWait,
    Duration horizon,
    Duration ticketGrace,
    int mostWaiting,
    int mostTickets) {
  public static final AdmissionSettings DEFAULTS =
      new AdmissionSettings(
          Duration.ofSeconds(2), Duration.ofSeconds(15), Duration.ofSeconds(5), 1_000, 10_000);

  public AdmissionSettings {
    requireAtLeast("longest wait", longestWait, Duration.ZERO);
    requireAtLeast("horizon", horizon, Duration.ofSeconds(1));
    requireAtLeast("ticket grace", ticketGrace, Duration.ZERO);
    if (mostWaiting < 0) {
      throw new IllegalArgumentException("most waiting: " + mostWaiting + " (expected: >= 0)");
    }
    if (mostTickets < 0) {
      throw new IllegalArgumentException("most tickets: " + mostTickets + " (expected: >= 0)");
    }
  }

  private static void requireAtLeast(String name, Duration value, Duration least) {
    if (value.compareTo(least) < 0) {
      throw new IllegalArgumentException(
          name + ": " + value.toMillis() + "ms (expected: >= " + least.toMillis() + "ms)");
    }
  }
}
