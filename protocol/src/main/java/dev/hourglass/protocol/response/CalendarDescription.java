package dev.hourglass.protocol.response;

import java.time.Instant;
import java.util.List;

/**
 * What is reserved of a pool, whoever reserved it. Its times are ISO-8601 in UTC.
 *
 * @param capacity sessions at once that can be reserved
 * @param bucketSeconds the grain in which windows are kept
 * @param stretches in order, those with nothing left out
 */
public record CalendarDescription(
    String model,
    int capacity,
    long bucketSeconds,
    Instant now,
    Instant from,
    Instant until,
    List<Stretch> stretches) {
  public CalendarDescription {
    stretches = List.copyOf(stretches);
  }

  /** A stretch of time in which the same number of sessions is held or sold. */
  public record Stretch(Instant start, Instant end, int reserved) {}

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "calendar");
      json.writeStringField("model", model);
      json.writeNumberField("capacity", capacity);
      json.writeNumberField("bucket_seconds", bucketSeconds);
      json.writeStringField("now", now.toString());
      json.writeStringField("from", from.toString());
      json.writeStringField("until", until.toString());
      json.writeArrayFieldStart("reserved");
      for (Stretch stretch : stretches) {
        json.writeStartObject();
        json.writeStringField("start", stretch.start.toString());
        json.writeStringField("end", stretch.end.toString());
        json.writeNumberField("sessions", stretch.reserved);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }
}
