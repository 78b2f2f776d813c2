package dev.hourglass.server;

import java.time.Duration;

/**
 * What a client may take from the server, in connections, header bytes and time.
 *
 * @param connections open at once; further ones are closed unheard
 * @param headerBytes of one request, all headers together
 * @param requestLineBytes of one request
 * @param headerTimeout from the opening of a connection to the end of the first request's headers
 * @param bodyTimeout from the end of a request's headers to the end of its body
 * @param idleTimeout from one answer to the end of the next request's headers
 * @param slowReaderTimeout how long a client may let the server wait until the socket takes more
 * @param unreadBytes how much of a stream may wait for the socket
 */
public record ConnectionLimits(
    int connections,
    int headerBytes,
    int requestLineBytes,
    Duration headerTimeout,
    Duration bodyTimeout,
    Duration idleTimeout,
    Duration slowReaderTimeout,
    int unreadBytes) {
  public static final ConnectionLimits DEFAULTS =
      new ConnectionLimits(
          10_000,
          16 * 1024,
          4 * 1024,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(75),
          Duration.ofSeconds(30),
          8 * 1024 * 1024);

  public ConnectionLimits {
    requireAtLeast("connections", connections, 1);
    requireAtLeast("header bytes", headerBytes, 1024);
    requireAtLeast("request line bytes", requestLineBytes, 256);
    requireAtLeast("unread bytes", unreadBytes, 1024);
    requirePositive("header timeout", headerTimeout);
    requirePositive("body timeout", bodyTimeout);
    requirePositive("idle timeout", idleTimeout);
    requirePositive("slow reader timeout", slowReaderTimeout);
  }

  private static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
    }
  }

  private static void requirePositive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: positive)");
    }
  }

  /** The shortest of the patiences, which decides how often the server has to look. */
  Duration shortest() {
    Duration shortest = headerTimeout;
    for (Duration other : new Duration[] {bodyTimeout, idleTimeout, slowReaderTimeout}) {
      shortest = other.compareTo(shortest) < 0 ? other : shortest;
    }
    return shortest;
  }
}
