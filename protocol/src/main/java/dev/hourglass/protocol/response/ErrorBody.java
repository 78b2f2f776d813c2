package dev.hourglass.protocol.response;

import org.jspecify.annotations.Nullable;

/**
 * An error in the OpenAI envelope.
 *
 * @param type the class of error, such as {@code invalid_request_error}
 * @param param the parameter at fault, if one is
 * @param code the error itself, for programs
 */
public record ErrorBody(
    String message, String type, @Nullable String param, @Nullable String code) {
  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeObjectFieldStart("error");
      json.writeStringField("message", message);
      json.writeStringField("type", type);
      JsonBytes.writeTextOrNull(json, "param", param);
      JsonBytes.writeTextOrNull(json, "code", code);
      json.writeEndObject();
      json.writeEndObject();
    });
  }
}
