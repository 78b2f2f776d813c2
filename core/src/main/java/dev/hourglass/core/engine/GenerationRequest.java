package dev.hourglass.core.engine;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import org.jspecify.annotations.Nullable;

/**
 * One prompt to complete.
 *
 * @param session whose KV state is used and kept
 * @param tenant prefixes are shared between sessions of one tenant only
 * @param maxTokens the most tokens to generate; {@code null} up to the end of the context
 * @param retain whether KV state stays with the session afterwards; {@code false} frees it at the
 *     end
 * @param hops gateways like this one that the request came through before
 * @param original the client's own request, for an engine that {@linkplain Engine#relays relays}
 *     it; {@code null} where there is none
 */
public record GenerationRequest(
    SessionId session,
    TenantId tenant,
    Prompt prompt,
    Sampling sampling,
    @Nullable Integer maxTokens,
    boolean retain,
    int hops,
    @Nullable OriginalRequest original) {
  public GenerationRequest {
    if (maxTokens != null && maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens: " + maxTokens + " (expected: >= 1)");
    }
  }

  /** A request that came straight from its client. */
  public GenerationRequest(
      SessionId session,
      TenantId tenant,
      Prompt prompt,
      Sampling sampling,
      @Nullable Integer maxTokens,
      boolean retain,
      @Nullable OriginalRequest original) {
    this(session, tenant, prompt, sampling, maxTokens, retain, 0, original);
  }

  /** A request that is put in form by the engine. */
  public GenerationRequest(
      SessionId session,
      TenantId tenant,
      Prompt prompt,
      Sampling sampling,
      @Nullable Integer maxTokens,
      boolean retain) {
    this(session, tenant, prompt, sampling, maxTokens, retain, 0, null);
  }
}
