package dev.hourglass.core.session;

import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The public name of a session; it identifies and never authorises.
 *
 * @param value {@code sess_} followed by 22 to 64 URL-safe characters
 */
public record SessionId(String value) implements Comparable<SessionId> {
  private static final String PREFIX = "sess_";
  private static final int LEAST = 22;
  private static final int MOST = 64;

  public SessionId {
    if (!fits(value)) {
      throw new IllegalArgumentException(
          "session id: " + value + " (expected: sess_ and 22 to 64 URL-safe characters)");
    }
  }

  /** Draws a new id of 144 random bits. */
  public static SessionId random(RandomGenerator random) {
    byte[] bytes = new byte[18];
    random.nextBytes(bytes);
    return new SessionId(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** Reads an id that a client named; empty where the text cannot be one. */
  public static Optional<SessionId> parse(String text) {
    return fits(text) ? Optional.of(new SessionId(text)) : Optional.empty();
  }

  /** Without a regular expression, since every turn of an implicit session may draw an id. */
  private static boolean fits(String text) {
    int length = text.length() - PREFIX.length();
    if (length < LEAST || length > MOST || !text.startsWith(PREFIX)) {
      return false;
    }
    for (int index = PREFIX.length(); index < text.length(); index++) {
      if (!urlSafe(text.charAt(index))) {
        return false;
      }
    }
    return true;
  }

  private static boolean urlSafe(char character) {
    return (character >= 'A' && character <= 'Z')
        || (character >= 'a' && character <= 'z')
        || (character >= '0' && character <= '9')
        || character == '_'
        || character == '-';
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
