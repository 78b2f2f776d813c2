package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A reservation as its owner sees it. Its times are ISO-8601 in UTC.
 *
 * @param status such as {@code held}
 * @param holdExpiresAt when the hold ends that nobody confirms; {@code null} for one that is not
 *     held
 * @param statusEndsAt when the status ends by itself, or ended
 * @param missingSessions sessions that the pool cannot serve of it at the moment
 * @param usingSessions sessions that use it now
 * @param fence the number of its last change
 */
public record ReservationDescription(
    String reservationId,
    String model,
    String status,
    Instant start,
    Instant end,
    int sessions,
    Instant createdAt,
    @Nullable Instant holdExpiresAt,
    Instant statusEndsAt,
    int missingSessions,
    int usingSessions,
    long fence) {
  public byte[] toJson() {
    return JsonBytes.of(this::writeTo);
  }

  /** A list, with the current time of the server, which counts down what is held. */
  public static byte[] listToJson(
      List<ReservationDescription> reservations, @Nullable String next, int total, Instant now) {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (ReservationDescription reservation : reservations) {
        reservation.writeTo(json);
      }
      json.writeEndArray();
      json.writeBooleanField("has_more", next != null);
      JsonBytes.writeTextOrNull(json, "next", next);
      json.writeNumberField("total", total);
      json.writeStringField("now", now.toString());
      json.writeEndObject();
    });
  }

  private void writeTo(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("reservation_id", reservationId);
    json.writeStringField("object", "reservation");
    json.writeStringField("model", model);
    json.writeStringField("status", status);
    json.writeStringField("start", start.toString());
    json.writeStringField("end", end.toString());
    json.writeNumberField("sessions", sessions);
    json.writeStringField("created_at", createdAt.toString());
    JsonBytes.writeTextOrNull(
        json, "hold_expires_at", holdExpiresAt == null ? null : holdExpiresAt.toString());
    json.writeStringField("status_ends_at", statusEndsAt.toString());
    json.writeNumberField("missing_sessions", missingSessions);
    json.writeNumberField("using_sessions", usingSessions);
    json.writeNumberField("fence", fence);
    json.writeEndObject();
  }
}
