package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint of a pool as operators see it.
 *
 * @param state such as {@code serving}
 * @param breaker {@code closed}, {@code open} or {@code half_open}
 * @param breakerOpenSeconds how long it lets nothing through still
 * @param share how much of its weight it gets now, 0 to 1
 * @param slots generations it computes at once; {@code null} where unknown
 * @param kvCapacityTokens what it can hold; {@code null} where unknown
 * @param secondsToFirstToken lately, with peaks; {@code null} where nothing was measured
 * @param secondsPerToken lately, with peaks; {@code null} where nothing was measured
 */
public record EndpointDescription(
    String id,
    String model,
    String state,
    String breaker,
    double breakerOpenSeconds,
    double weight,
    double share,
    int inFlight,
    @Nullable Integer slots,
    int sessions,
    long kvTokens,
    @Nullable Integer kvCapacityTokens,
    @Nullable Double secondsToFirstToken,
    @Nullable Double secondsPerToken,
    Generations generations,
    List<HeldSession> latestSessions) {
  public EndpointDescription {
    latestSessions = List.copyOf(latestSessions);
  }

  /** A session whose KV state it holds. */
  public record HeldSession(String id, int kvTokens) {}

  /** What became of what was sent to it. */
  public record Generations(
      long sent, long completed, long dropped, long failedBeforeText, long failedPartway) {}

  public static byte[] listToJson(List<EndpointDescription> endpoints) {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (EndpointDescription endpoint : endpoints) {
        endpoint.writeTo(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private void writeTo(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", id);
    json.writeStringField("object", "endpoint");
    json.writeStringField("model", model);
    json.writeStringField("state", state);
    json.writeStringField("breaker", breaker);
    json.writeNumberField("breaker_open_seconds", breakerOpenSeconds);
    json.writeNumberField("weight", weight);
    json.writeNumberField("share", share);
    json.writeNumberField("in_flight", inFlight);
    json.writePOJOField("slots", slots);
    json.writeNumberField("sessions", sessions);
    json.writeNumberField("kv_tokens", kvTokens);
    json.writePOJOField("kv_capacity_tokens", kvCapacityTokens);
    json.writePOJOField("seconds_to_first_token", secondsToFirstToken);
    json.writePOJOField("seconds_per_token", secondsPerToken);
    json.writeObjectFieldStart("generations");
    json.writeNumberField("sent", generations.sent());
    json.writeNumberField("completed", generations.completed());
    json.writeNumberField("dropped", generations.dropped());
    json.writeNumberField("failed_before_text", generations.failedBeforeText());
    json.writeNumberField("failed_partway", generations.failedPartway());
    json.writeEndObject();
    json.writeArrayFieldStart("latest_sessions");
    for (HeldSession session : latestSessions) {
      json.writeStartObject();
      json.writeStringField("session_id", session.id());
      json.writeNumberField("kv_tokens", session.kvTokens());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
