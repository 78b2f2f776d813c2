package dev.hourglass.core.session;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The public name of a session, 144 random bits; it identifies and never authorises.
 *
 * <p>Written as {@code sess_} and 24 URL-safe characters (RFC 4648, section 5). Kept as numbers,
 * since a busy gateway draws thousands a second and most are never written.
 */
public final class SessionId implements Comparable<SessionId> {
  private static final long SPREAD = 0x9E3779B97F4A7C15L;
  private static final String PREFIX = "sess_";
  private static final int LENGTH = PREFIX.length() + 24;

  /** How many bytes an id is made of. */
  static final int BYTES = 18;

  private final long high;
  private final long low;
  private final short rest;

  /**
   * Reads an id that was written.
   *
   * @throws IllegalArgumentException if the text is none
   */
  public SessionId(String written) {
    if (!fits(written)) {
      throw new IllegalArgumentException(
          "session id: " + written + " (expected: sess_ and 24 URL-safe characters)");
    }
    this(Base64.getUrlDecoder().decode(written.substring(PREFIX.length())));
  }

  /** An id of so many random bytes. */
  SessionId(byte[] drawn) {
    ByteBuffer bits = ByteBuffer.wrap(drawn);
    high = bits.getLong();
    low = bits.getLong();
    rest = bits.getShort();
  }

  private SessionId(long high, long low, short rest) {
    this.high = high;
    this.low = low;
    this.rest = rest;
  }

  /** The id of which these are the key and the rest. */
  static SessionId ofKey(long keyHigh, long keyLow, short rest) {
    return new SessionId(keyHigh, keyLow ^ rest * SPREAD, rest);
  }

  /** Draws a new id. */
  public static SessionId random(RandomGenerator random) {
    byte[] drawn = new byte[BYTES];
    random.nextBytes(drawn);
    return new SessionId(drawn);
  }

  /** Reads an id that a client named; empty where the text cannot be one. */
  public static Optional<SessionId> parse(String text) {
    return fits(text) ? Optional.of(new SessionId(text)) : Optional.empty();
  }

  private static boolean fits(String text) {
    if (text.length() != LENGTH || !text.startsWith(PREFIX)) {
      return false;
    }
    for (int index = PREFIX.length(); index < LENGTH; index++) {
      if (!urlSafe(text.charAt(index))) {
        return false;
      }
    }
    return true;
  }

  private static boolean urlSafe(char character) {
    return (character >= 'A' && character <= 'Z')
        || (character >= 'a' && character <= 'z')
        || (character >= '0' && character <= '9')
        || character == '_'
        || character == '-';
  }

  /** The id as it is written. */
  public String value() {
    byte[] bits = ByteBuffer.allocate(BYTES).putLong(high).putLong(low).putShort(rest).array();
    return PREFIX + Base64.getUrlEncoder().encodeToString(bits);
  }

  /** The first half of a key of 128 bits, in which no two ids agree that were drawn. */
  long keyHigh() {
    return high;
  }

  /** The second half of the key. */
  long keyLow() {
    return low ^ rest * SPREAD;
  }

  /** What tells ids with the same key apart. */
  short rest() {
    return rest;
  }

  @Override
  public int compareTo(SessionId other) {
    int order = Long.compareUnsigned(high, other.high);
    if (order == 0) {
      order = Long.compareUnsigned(low, other.low);
    }
    return order == 0 ? Short.compareUnsigned(rest, other.rest) : order;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SessionId id && high == id.high && low == id.low && rest == id.rest;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(keyHigh() ^ keyLow());
  }

  @Override
  public String toString() {
    return value();
  }
}
