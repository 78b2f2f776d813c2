package dev.hourglass.app.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/** The rule for addresses that models come from: https, or http on this machine. */
final class WebAddress {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]|\\[0:0:0:0:0:0:0:1]");

  private WebAddress() {}

  /**
   * Reads an address.
   *
   * @throws IllegalArgumentException if it is none, or one that others could tamper with
   */
  static URI parse(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException malformed) {
      throw new IllegalArgumentException("model: " + text + " (expected: an address)", malformed);
    }
    if (uri.getHost() == null) {
      throw new IllegalArgumentException("model: " + text + " (expected: an address with a host)");
    }
    if (!isSafe(uri)) {
      throw new IllegalArgumentException(
          "model: " + text + " (expected: https, since others can change what http brings)");
    }
    return uri;
  }

  static boolean isSafe(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme())
        || ("http".equalsIgnoreCase(uri.getScheme()) && LOOPBACK.matcher(uri.getHost()).matches());
  }
}
