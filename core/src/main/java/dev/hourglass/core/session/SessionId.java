package dev.hourglass.core.session;

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

  @Override
  public int compareTo(SessionId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
