package dev.hourglass.core.session;

import dev.hourglass.core.digest.Sha256;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** The SHA-256 of a secret, as four words of 64 bits. */
public record TokenHash(long first, long second, long third, long fourth) {
  private static final int DIGITS = 64;
  private static final int DIGITS_PER_WORD = 16;

  /**
   * Reads 64 hexadecimal digits.
   *
   * @throws IllegalArgumentException if they are more, fewer or something else
   */
  public static TokenHash ofHex(String hex) {
    if (hex.length() != DIGITS) {
      throw new IllegalArgumentException(
          "token hash: " + hex.length() + " digits (expected: 64 hexadecimal digits)");
    }
    return new TokenHash(word(hex, 0), word(hex, 1), word(hex, 2), word(hex, 3));
  }

  private static long word(String hex, int number) {
    int from = number * DIGITS_PER_WORD;
    return HexFormat.fromHexDigitsToLong(hex, from, from + DIGITS_PER_WORD);
  }

  /** Hashes a secret, as UTF-8. */
  public static TokenHash ofSecret(String secret) {
    ByteBuffer words = ByteBuffer.wrap(Sha256.of(secret));
    return new TokenHash(words.getLong(), words.getLong(), words.getLong(), words.getLong());
  }

  /** 64 lower-case hexadecimal digits. */
  public String hex() {
    HexFormat format = HexFormat.of();
    return format.toHexDigits(first)
        + format.toHexDigits(second)
        + format.toHexDigits(third)
        + format.toHexDigits(fourth);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(first);
  }

  @Override
  public String toString() {
    return hex();
  }
}
