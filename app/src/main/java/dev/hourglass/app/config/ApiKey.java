package dev.hourglass.app.config;

import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TokenHash;
import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * An API key as the gateway keeps it: whose it is, and its SHA-256.
 *
 * <p>A plain hash is enough for keys of 256 random bits, such as {@link #draw} makes.
 */
public record ApiKey(TenantId tenant, TokenHash sha256) {
  private static final String PREFIX = "hgk_";
  private static final int BYTES = 32;

  /** Draws the secret of a new key. */
  public static String draw(RandomGenerator secureRandom) {
    byte[] bytes = new byte[BYTES];
    secureRandom.nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Hashes a secret. */
  public static ApiKey of(TenantId tenant, String secret) {
    return new ApiKey(tenant, TokenHash.ofSecret(secret));
  }
}
