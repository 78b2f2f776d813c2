package dev.hourglass.app.config;

import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TokenHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Where the configuration says that an API key is to be found. */
sealed interface ApiKeySource {

  /** Turns it into the key's hash; the key itself is not kept. */
  ApiKey resolve(Map<String, String> environment);

  /** The hash itself, as {@code hourglass key} prints it. */
  record Hashed(ApiKey key) implements ApiKeySource {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    static Hashed of(String place, String tenant, String sha256) {
      String hex = sha256.strip().toLowerCase(Locale.ROOT);
      if (!HEX.matcher(hex).matches()) {
        throw new ValueForm.Mismatch(
            place + ".sha256: " + hex.length() + " characters (expected: 64 hexadecimal digits)");
      }
      return new Hashed(new ApiKey(tenantId(place, tenant), TokenHash.ofHex(hex)));
    }

    @Override
    public ApiKey resolve(Map<String, String> environment) {
      return key;
    }
  }

  /** An environment variable that holds the key. */
  record InEnvironment(String place, TenantId tenant, String variable) implements ApiKeySource {
    static InEnvironment of(String place, String tenant, String variable) {
      return new InEnvironment(place, tenantId(place, tenant), variable);
    }

    @Override
    public ApiKey resolve(Map<String, String> environment) {
      String key = environment.get(variable);
      if (key == null || key.isBlank()) {
        throw new ValueForm.Mismatch(
            place + ".key_env: " + variable + " (expected: a variable that is set)");
      }
      return ApiKey.of(tenant, key.strip());
    }
  }

  /** A file whose first line is the key. */
  record InFile(String place, TenantId tenant, Path file) implements ApiKeySource {
    static InFile of(String place, String tenant, String file) {
      return new InFile(place, tenantId(place, tenant), Path.of(file));
    }

    @Override
    public ApiKey resolve(Map<String, String> environment) {
      try (var lines = Files.lines(file)) {
        String key = lines.findFirst().map(String::strip).orElse("");
        if (!key.isEmpty()) {
          return ApiKey.of(tenant, key);
        }
      } catch (IOException | java.io.UncheckedIOException unreadable) {
        throw new ValueForm.Mismatch(place + ".file: " + file + " (expected: a readable file)");
      }
      throw new ValueForm.Mismatch(
          place + ".file: " + file + " (expected: a key in its first line)");
    }
  }

  private static TenantId tenantId(String place, String tenant) {
    try {
      return new TenantId(tenant);
    } catch (IllegalArgumentException wrong) {
      throw new ValueForm.Mismatch(
          place + ".tenant: " + tenant + " (expected: 1 to 64 letters, digits, '.', '_' or '-')");
    }
  }
}
