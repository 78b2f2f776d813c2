package dev.hourglass.core.reservation;

import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * The name of a reservation among those of its tenant; it identifies and never authorises.
 *
 * @param value 1 to 64 letters, digits, dots, underscores and hyphens
 */
public record ReservationId(String value) implements Comparable<ReservationId> {
  /** What an id may look like, for people. */
  public static final String EXPECTATION = "1 to 64 letters, digits, '.', '_' or '-'";

  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  public ReservationId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "reservation id: " + value + " (expected: " + EXPECTATION + ")");
    }
  }

  /** Draws a new id of 120 random bits. */
  public static ReservationId random(RandomGenerator random) {
    byte[] bytes = new byte[15];
    random.nextBytes(bytes);
    return new ReservationId(
        "rsv_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** Reads an id that a client named; empty where the text cannot be one. */
  public static Optional<ReservationId> parse(String text) {
    return FORM.matcher(text).matches() ? Optional.of(new ReservationId(text)) : Optional.empty();
  }

  @Override
  public int compareTo(ReservationId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
