package dev.hourglass.core.session;

import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * The secret that opens one session: 256 random bits. Known to its holder only; the gateway keeps
 * its {@link TokenHash}.
 */
public final class SessionToken {
  private static final String PREFIX = "hgs_";
  private static final int BYTES = 32;

  private final String value;

  private SessionToken(String value) {
    this.value = value;
  }

  /** Draws a new token. */
  public static SessionToken random(RandomGenerator secureRandom) {
    byte[] bytes = new byte[BYTES];
    secureRandom.nextBytes(bytes);
    return new SessionToken(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** Takes whatever a client presents; a wrong form is simply a token that opens nothing. */
  public static SessionToken presented(String value) {
    return new SessionToken(value);
  }

  /** The secret itself, for its holder. */
  public String reveal() {
    return value;
  }

  /**
   * SHA-256 of the token. A plain hash is enough, since the token has 256 random bits and cannot be
   * guessed from a dictionary.
   */
  public TokenHash hash() {
    return TokenHash.ofSecret(value);
  }

  /** Never the secret. */
  @Override
  public String toString() {
    return PREFIX + "…";
  }
}
