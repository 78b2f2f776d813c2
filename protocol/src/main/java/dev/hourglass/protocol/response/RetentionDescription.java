package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code GET /v1/retention}.
 *
 * @param policy its name; {@code null} where the engines behind decide themselves, and then there
 *     are no tiers
 * @param sweep the latest one; {@code null} before the first
 */
public record RetentionDescription(
    @Nullable String policy,
    boolean fallenBack,
    int watched,
    long decisions,
    List<Tier> tiers,
    @Nullable Sweep sweep) {
  public RetentionDescription {
    tiers = List.copyOf(tiers);
  }

  /**
   * One tier.
   *
   * @param used how full it is, as a share
   * @param expected how full it is foreseen to be
   * @param target above which its price rises
   * @param price empty where no price is known
   * @param departures states that left it, by reason
   */
  public record Tier(
      String tier,
      int sessions,
      long kvTokens,
      double used,
      double expected,
      double target,
      OptionalDouble price,
      Map<String, Long> departures) {
    public Tier {
      departures = Map.copyOf(departures);
    }
  }

  /**
   * What the latest sweep found.
   *
   * @param leakRate of what was to be given back, the share that had to be taken back
   * @param released of the orphans, those that are proven to be gone
   */
  public record Sweep(
      Instant at,
      double leakRate,
      int expired,
      int putOff,
      int orphans,
      int released,
      int failures,
      long lostLeases) {
    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      JsonBytes.writeSeconds(json, "at", at);
      json.writeNumberField("leak_rate", leakRate);
      json.writeNumberField("expired", expired);
      json.writeNumberField("put_off", putOff);
      json.writeNumberField("orphans", orphans);
      json.writeNumberField("released", released);
      json.writeNumberField("failures", failures);
      json.writeNumberField("lost_leases", lostLeases);
      json.writeEndObject();
    }
  }

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "retention");
      JsonBytes.writeTextOrNull(json, "policy", policy);
      json.writeBooleanField("fallen_back", fallenBack);
      json.writeNumberField("watched", watched);
      json.writeNumberField("decisions", decisions);
      json.writeArrayFieldStart("tiers");
      for (Tier tier : tiers) {
        json.writeStartObject();
        json.writeStringField("tier", tier.tier);
        json.writeNumberField("sessions", tier.sessions);
        json.writeNumberField("kv_tokens", tier.kvTokens);
        json.writeNumberField("used", tier.used);
        json.writeNumberField("expected", tier.expected);
        json.writeNumberField("target", tier.target);
        JsonBytes.writeNumberOrNull(json, "price", tier.price);
        json.writeObjectFieldStart("departures");
        for (Map.Entry<String, Long> departure : tier.departures.entrySet()) {
          json.writeNumberField(departure.getKey(), departure.getValue());
        }
        json.writeEndObject();
        json.writeEndObject();
      }
      json.writeEndArray();
      if (sweep == null) {
        json.writeNullField("sweep");
      } else {
        json.writeFieldName("sweep");
        sweep.writeTo(json);
      }
      json.writeEndObject();
    });
  }
}
