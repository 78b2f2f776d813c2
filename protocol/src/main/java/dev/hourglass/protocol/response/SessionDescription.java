package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A session as its owner sees it.
 *
 * @param kind {@code explicit} or {@code implicit}
 * @param state such as {@code idle}
 * @param residency where its state is: {@code hot}, {@code warm}, {@code cold} or {@code
 *     transcript}
 * @param turns turns that completed
 * @param kvTokens KV tokens held in the engine
 * @param contextTtl how long it lives after its last use
 * @param retention why its state is kept, or why it went
 * @param activity {@code null} before its first turn has ended
 */
public record SessionDescription(
    String sessionId,
    String kind,
    String model,
    String state,
    String residency,
    int turns,
    int kvTokens,
    Instant createdAt,
    Instant lastActive,
    Instant expiresAt,
    Duration contextTtl,
    Retention retention,
    Map<String, String> metadata,
    @Nullable ActivityDescription activity) {
  public SessionDescription {
    metadata = Map.copyOf(metadata);
  }

  /**
   * Where its state stands.
   *
   * @param kvTokens of its state, on whichever tier that is
   * @param why one sentence
   * @param worth in prices of the tier that holds it; empty where none is known
   */
  public record Retention(int kvTokens, String why, OptionalDouble worth) {}

  public byte[] toJson() {
    return JsonBytes.of(this::writeTo);
  }

  void writeTo(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("session_id", sessionId);
    json.writeStringField("object", "session");
    json.writeStringField("kind", kind);
    json.writeStringField("model", model);
    json.writeStringField("state", state);
    json.writeStringField("residency", residency);
    json.writeNumberField("turns", turns);
    json.writeNumberField("kv_tokens", kvTokens);
    JsonBytes.writeSeconds(json, "created_at", createdAt);
    JsonBytes.writeSeconds(json, "last_active", lastActive);
    JsonBytes.writeSeconds(json, "expires_at", expiresAt);
    json.writeNumberField("context_ttl", contextTtl.toSeconds());
    writeRetention(json);
    json.writeObjectFieldStart("metadata");
    for (Map.Entry<String, String> note : metadata.entrySet()) {
      json.writeStringField(note.getKey(), note.getValue());
    }
    json.writeEndObject();
    if (activity == null) {
      json.writeNullField("activity");
    } else {
      json.writeFieldName("activity");
      activity.writeTo(json);
    }
    json.writeEndObject();
  }

  private void writeRetention(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("retention");
    json.writeNumberField("kv_tokens", retention.kvTokens);
    json.writeStringField("why", retention.why);
    JsonBytes.writeNumberOrNull(json, "worth", retention.worth);
    json.writeEndObject();
  }
}
