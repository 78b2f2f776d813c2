package dev.hourglass.server;

import dev.hourglass.core.digest.Sha256;
import dev.hourglass.core.session.TenantId;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The API keys that open the server, each of which stands for a tenant; only hashes are held. */
public final class ApiKeys {
  private final List<Key> keys;

  /**
   * Creates a set of keys.
   *
   * @param keys none for a server that is open to all who reach it
   */
  public ApiKeys(List<Key> keys) {
    this.keys = List.copyOf(keys);
  }

  /** No keys at all. */
  public static ApiKeys none() {
    return new ApiKeys(List.of());
  }

  /**
   * A key in the form that is configured.
   *
   * @param sha256 of the key's UTF-8 bytes, 64 hexadecimal digits
   */
  public record Key(TenantId tenant, String sha256) {
    public Key {
      sha256 = sha256.toLowerCase(Locale.ROOT);
      if (!sha256.matches("[0-9a-f]{64}")) {
        throw new IllegalArgumentException(
            "API key of "
                + tenant
                + ": "
                + sha256.length()
                + " characters (expected: the key's SHA-256 as 64 hexadecimal digits)");
      }
    }

    /** Hashes a key that is at hand in the clear. */
    public static Key of(TenantId tenant, String secret) {
      return new Key(tenant, HexFormat.of().formatHex(Sha256.of(secret)));
    }
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  /**
   * Whom the key stands for. Takes the same time for every wrong key: all hashes are compared, each
   * to its last byte.
   */
  Optional<TenantId> tenantOf(String presented) {
    byte[] hash = Sha256.of(presented);
    Optional<TenantId> tenant = Optional.empty();
    for (Key key : keys) {
      if (MessageDigest.isEqual(hash, HexFormat.of().parseHex(key.sha256()))) {
        tenant = Optional.of(key.tenant());
      }
    }
    return tenant;
  }
}
