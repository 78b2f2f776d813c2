package dev.hourglass.protocol.upstream;

import dev.hourglass.protocol.response.JsonBytes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request that the house puts in form itself, always streamed and with the usage at its end.
 *
 * @param maxTokens {@code null} for as many as fit
 * @param seed {@code null} for a random one
 */
public record ChatBody(
    String model,
    Asked asked,
    @Nullable Integer maxTokens,
    double temperature,
    double topP,
    double frequencyPenalty,
    double presencePenalty,
    @Nullable Long seed,
    List<String> stop,
    Map<Integer, Double> logitBias,
    Form form) {

  /** What is to be gone on with. */
  public sealed interface Asked {
    record Chat(List<Said> messages) implements Asked {
      public Chat {
        messages = List.copyOf(messages);
      }
    }

    /** Text without a template. */
    record Plain(String prompt) implements Asked {}
  }

  /** A message. */
  public record Said(String role, String content) {}

  /** The form that the answer must have. */
  public sealed interface Form {
    record Free() implements Form {}

    record JsonObject() implements Form {}

    /** A JSON schema, as JSON text. */
    record JsonSchema(String schema) implements Form {}
  }

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("model", model);
      json.writeBooleanField("stream", true);
      json.writeObjectFieldStart("stream_options");
      json.writeBooleanField("include_usage", true);
      json.writeEndObject();
      switch (asked) {
        case Asked.Plain(String prompt) -> json.writeStringField("prompt", prompt);
        case Asked.Chat(var messages) -> {
          json.writeArrayFieldStart("messages");
          for (Said message : messages) {
            json.writeStartObject();
            json.writeStringField("role", message.role());
            json.writeStringField("content", message.content());
            json.writeEndObject();
          }
          json.writeEndArray();
        }
      }
      if (maxTokens != null) {
        json.writeNumberField("max_tokens", maxTokens);
      }
      json.writeNumberField("temperature", temperature);
      json.writeNumberField("top_p", topP);
      if (frequencyPenalty != 0) {
        json.writeNumberField("frequency_penalty", frequencyPenalty);
      }
      if (presencePenalty != 0) {
        json.writeNumberField("presence_penalty", presencePenalty);
      }
      if (seed != null) {
        json.writeNumberField("seed", seed);
      }
      if (!stop.isEmpty()) {
        json.writeArrayFieldStart("stop");
        for (String text : stop) {
          json.writeString(text);
        }
        json.writeEndArray();
      }
      if (!logitBias.isEmpty()) {
        json.writeObjectFieldStart("logit_bias");
        for (Map.Entry<Integer, Double> bias : logitBias.entrySet()) {
          json.writeNumberField(Integer.toString(bias.getKey()), bias.getValue());
        }
        json.writeEndObject();
      }
      switch (form) {
        case Form.Free _ -> {}
        case Form.JsonObject _ -> {
          json.writeObjectFieldStart("response_format");
          json.writeStringField("type", "json_object");
          json.writeEndObject();
        }
        case Form.JsonSchema(String schema) -> {
          json.writeObjectFieldStart("response_format");
          json.writeStringField("type", "json_schema");
          json.writeObjectFieldStart("json_schema");
          json.writeStringField("name", "answer");
          json.writeFieldName("schema");
          json.writeRawValue(schema);
          json.writeEndObject();
          json.writeEndObject();
        }
      }
      json.writeEndObject();
    });
  }
}
