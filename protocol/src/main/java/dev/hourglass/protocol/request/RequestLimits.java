package dev.hourglass.protocol.request;

/**
 * How large a request may be.
 *
 * @param bodyBytes the longest body
 * @param messages the most messages in one request
 * @param nestingDepth the deepest nesting of objects and arrays, which only a JSON schema needs
 */
public record RequestLimits(int bodyBytes, int messages, int nestingDepth) {
  public static final RequestLimits DEFAULTS = new RequestLimits(8 * 1024 * 1024, 10_000, 64);

  public RequestLimits {
    requireAtLeast("body bytes", bodyBytes, 1024);
    requireAtLeast("messages", messages, 1);
    requireAtLeast("nesting depth", nestingDepth, 8);
  }

  private static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= " + least + ")");
    }
  }
}
