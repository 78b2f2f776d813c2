package dev.hourglass.protocol.response;

import java.time.Duration;
import java.time.Instant;

/**
 * The answer to {@code POST /v1/sessions}, the only one that ever holds the token.
 *
 * @param contextTtl how long the session lives after its last use
 */
public record SessionCreated(
    String sessionId,
    String sessionToken,
    Instant createdAt,
    Duration contextTtl,
    String state,
    String model) {
  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("session_id", sessionId);
      json.writeStringField("session_token", sessionToken);
      JsonBytes.writeSeconds(json, "created_at", createdAt);
      json.writeNumberField("context_ttl", contextTtl.toSeconds());
      json.writeStringField("state", state);
      json.writeStringField("model", model);
      json.writeEndObject();
    });
  }

  /** Never the token. */
  @Override
  public String toString() {
    return "SessionCreated[" + sessionId + "]";
  }
}
