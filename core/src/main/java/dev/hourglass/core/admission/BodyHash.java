package dev.hourglass.core.admission;

import dev.hourglass.core.digest.Sha256;
import java.util.HexFormat;

/**
 * The SHA-256 of a request's body, which recognises a request that is sent again unchanged.
 *
 * @param hex 64 digits
 */
public record BodyHash(String hex) {
  public BodyHash {
    if (hex.length() != 64) {
      throw new IllegalArgumentException("body hash: " + hex.length() + " digits (expected: 64)");
    }
  }

  public static BodyHash of(byte[] body) {
    return new BodyHash(HexFormat.of().formatHex(Sha256.of(body)));
  }
}
