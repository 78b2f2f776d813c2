package dev.hourglass.core.session;

/**
 * Recognises a turn that is sent again: the client's {@code Idempotency-Key}, or a hash of the body
 * where the client says that it retries.
 *
 * @param value 1 to 255 characters
 */
public record RetryKey(String value) {
  public RetryKey {
    if (value.isEmpty() || value.length() > 255) {
      throw new IllegalArgumentException(
          "retry key: " + value.length() + " characters (expected: 1 to 255)");
    }
  }
}
