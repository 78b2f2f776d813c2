package dev.hourglass.protocol.response;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The error of a reservation that does not fit, in the OpenAI envelope. The earliest start stands
 * in the error, where SDKs look, and beside it, where people do.
 *
 * @param earliestStart the first start at which the same length and number fit; {@code null} where
 *     there is none
 */
public record NoRoomBody(String message, @Nullable Instant earliestStart) {
  public byte[] toJson() {
    String earliest = earliestStart == null ? null : earliestStart.toString();
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeObjectFieldStart("error");
      json.writeStringField("message", message);
      json.writeStringField("type", "invalid_request_error");
      json.writeStringField("param", "start");
      json.writeStringField("code", "reservation_does_not_fit");
      JsonBytes.writeTextOrNull(json, "earliest_start", earliest);
      json.writeEndObject();
      JsonBytes.writeTextOrNull(json, "earliest_start", earliest);
      json.writeEndObject();
    });
  }
}
