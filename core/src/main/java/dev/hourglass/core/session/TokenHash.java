package dev.hourglass.core.session;

import java.util.HexFormat;

/**
 * The SHA-256 of a secret.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record TokenHash(String hex) {
  public TokenHash {
    if (hex.length() != 64) {
      throw new IllegalArgumentException(
          "token hash: " + hex.length() + " digits (expected: 64 hexadecimal digits)");
    }
  }

  static TokenHash of(byte[] digest) {
    return new TokenHash(HexFormat.of().formatHex(digest));
  }
}
