package dev.hourglass.core.routing;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an endpoint within its pool.
 *
 * @param value 1 to 64 letters, digits, dots, colons, hyphens and underscores
 */
public record EndpointId(String value) implements Comparable<EndpointId> {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

  public EndpointId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "endpoint: " + value + " (expected: 1 to 64 letters, digits, or any of . : _ -)");
    }
  }

  /** Reads an id that a client named; empty where the text cannot be one. */
  public static Optional<EndpointId> parse(String text) {
    return FORM.matcher(text).matches() ? Optional.of(new EndpointId(text)) : Optional.empty();
  }

  @Override
  public int compareTo(EndpointId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
