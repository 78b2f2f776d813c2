package dev.hourglass.protocol.response;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole answer to a chat completion request.
 *
 * @param logprobs {@code null} unless asked for
 */
public record ChatCompletion(
    String id,
    Instant created,
    String model,
    String content,
    FinishReason finishReason,
    @Nullable List<TokenProbability> logprobs,
    Usage usage,
    SessionNote note) {
  public ChatCompletion {
    logprobs = logprobs == null ? null : List.copyOf(logprobs);
  }

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("id", id);
      json.writeStringField("object", "chat.completion");
      JsonBytes.writeSeconds(json, "created", created);
      json.writeStringField("model", model);
      json.writeArrayFieldStart("choices");
      json.writeStartObject();
      json.writeNumberField("index", 0);
      json.writeObjectFieldStart("message");
      json.writeStringField("role", "assistant");
      json.writeStringField("content", content);
      json.writeNullField("refusal");
      json.writeEndObject();
      if (logprobs == null) {
        json.writeNullField("logprobs");
      } else {
        TokenProbability.writeChatForm(json, logprobs);
      }
      json.writeStringField("finish_reason", finishReason.wireName());
      json.writeEndObject();
      json.writeEndArray();
      usage.writeTo(json);
      note.writeTo(json);
      json.writeEndObject();
    });
  }
}
