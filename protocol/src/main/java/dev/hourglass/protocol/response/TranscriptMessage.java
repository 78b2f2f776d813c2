package dev.hourglass.protocol.response;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message of a session's transcript.
 *
 * @param turn 0 for messages that the session was created with
 * @param status {@code completed}, {@code failed} or {@code cancelled}; only completed turns are
 *     part of what the model sees
 * @param usage what the answer cost; {@code null} for other messages
 */
public record TranscriptMessage(
    int turn, String role, String content, String status, @Nullable Usage usage) {
  /**
   * The body of {@code GET /v1/sessions/{id}/messages}.
   *
   * @param next the turn to ask for as {@code after_turn} where more follow
   */
  public static byte[] listToJson(List<TranscriptMessage> messages, @Nullable Integer next) {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (TranscriptMessage message : messages) {
        json.writeStartObject();
        json.writeNumberField("turn", message.turn);
        json.writeStringField("role", message.role);
        json.writeStringField("content", message.content);
        json.writeStringField("status", message.status);
        if (message.usage != null) {
          message.usage.writeTo(json);
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeBooleanField("has_more", next != null);
      if (next == null) {
        json.writeNullField("next");
      } else {
        json.writeNumberField("next", next);
      }
      json.writeEndObject();
    });
  }
}
