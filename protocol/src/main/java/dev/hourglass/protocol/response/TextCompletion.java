package dev.hourglass.protocol.response;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole answer to a plain completion request.
 *
 * @param logprobs {@code null} unless asked for
 */
public record TextCompletion(
    String id,
    Instant created,
    String model,
    String text,
    FinishReason finishReason,
    @Nullable List<TokenProbability> logprobs,
    Usage usage,
    SessionNote note) {
  public TextCompletion {
    logprobs = logprobs == null ? null : List.copyOf(logprobs);
  }

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("id", id);
      json.writeStringField("object", "text_completion");
      JsonBytes.writeSeconds(json, "created", created);
      json.writeStringField("model", model);
      json.writeArrayFieldStart("choices");
      json.writeStartObject();
      json.writeNumberField("index", 0);
      json.writeStringField("text", text);
      if (logprobs == null) {
        json.writeNullField("logprobs");
      } else {
        TokenProbability.writePlainForm(json, logprobs, 0);
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
