package dev.hourglass.core.session;

import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * The public name of a session; it identifies and never authorises.
 *
 * @param value {@code sess_} followed by 22 to 64 URL-safe characters
 */
public record SessionId(String value) implements Comparable<SessionId> {
  private static final Pattern FORM = Pattern.compile("sess_[A-Za-z0-9_-]{22,64}");

  public SessionId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "session id: " + value + " (expected: sess_ and 22 to 64 URL-safe characters)");
    }
  }

  /** Draws a new id of 144 random bits. */
  public static SessionId random(RandomGenerator random) {
    byte[] bytes = new byte[18];
    random.nextBytes(bytes);
    return new SessionId("sess_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** Reads an id that a client named; empty where the text cannot be one. */
  public static Optional<SessionId> parse(String text) {
    return FORM.matcher(text).matches() ? Optional.of(new SessionId(text)) : Optional.empty();
  }

  @Override
  public int compareTo(SessionId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
