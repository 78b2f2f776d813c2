package dev.hourglass.engine.remote;

import dev.hourglass.core.digest.Sha256;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.OriginalRequest;
import dev.hourglass.core.session.TenantId;
import java.util.Base64;

/**
 * Keeps the prefixes of tenants apart in servers that share KV blocks between all requests:
 * requests find each other's blocks only with the same {@code cache_salt}. Otherwise a tenant could
 * tell by the time to the first token what another one has asked (<a
 * href="https://github.com/vllm-project/vllm/issues/16016">vLLM's RFC</a>).
 */
final class CacheSalt {
  private CacheSalt() {}

  /**
   * The member of a body that tells tenant and client's own salt; empty for the tenant of a gateway
   * without keys, whose requests stay as they are.
   */
  static String member(GenerationRequest request) {
    if (request.tenant().equals(TenantId.DEFAULT)) {
      return "";
    }
    OriginalRequest original = request.original();
    String own = original == null ? null : original.cacheSalt();
    return "\"cache_salt\":\"" + hash(request.tenant() + ":" + (own == null ? "" : own)) + '"';
  }

  /** As long for all, of characters that every server takes. */
  private static String hash(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Sha256.of(text));
  }
}
