package dev.hourglass.core.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of one token. */
public final class TokenPiece {
  private final byte[] bytes;

  public TokenPiece(byte[] bytes) {
    this.bytes = bytes.clone();
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  /** The bytes as text, with U+FFFD in place of what is not a whole character. */
  public String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenPiece piece && Arrays.equals(bytes, piece.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return text();
  }
}
