package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway adds to an answer, as its {@code hourglass} object.
 *
 * @param sessionId {@code null} where the request belongs to no session
 * @param timeToFirstTokenMillis from the acceptance of the turn to its first text; {@code null} if
 *     there was none
 * @param kvTokens KV tokens that the session holds afterwards
 * @param compressedMessages oldest messages that no longer fit the context and were left out
 * @param residency where the session's state is: {@code hot}, {@code warm}, {@code cold} or {@code
 *     transcript}
 */
public record SessionNote(
    @Nullable String sessionId,
    @Nullable Long timeToFirstTokenMillis,
    int kvTokens,
    int compressedMessages,
    String residency) {
  void writeTo(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("hourglass");
    JsonBytes.writeTextOrNull(json, "session_id", sessionId);
    if (timeToFirstTokenMillis == null) {
      json.writeNullField("time_to_first_token_ms");
    } else {
      json.writeNumberField("time_to_first_token_ms", timeToFirstTokenMillis);
    }
    json.writeNumberField("kv_tokens", kvTokens);
    json.writeNumberField("compressed_messages", compressedMessages);
    json.writeStringField("residency", residency);
    json.writeEndObject();
  }
}
