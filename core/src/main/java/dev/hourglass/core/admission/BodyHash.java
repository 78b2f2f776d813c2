package dev.hourglass.core.admission;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
    try {
      return new BodyHash(
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body)));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every Java platform has SHA-256", missing);
    }
  }
}
