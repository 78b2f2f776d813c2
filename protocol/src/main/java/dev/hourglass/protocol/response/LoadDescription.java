package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code GET /v1/load}. Numbers are rounded to three decimals; what is unknown is
 * {@code null}, never zero.
 *
 * @param pointSeconds seconds from one point of a history to the next
 */
public record LoadDescription(
    Instant at,
    int pointSeconds,
    List<Pool> pools,
    List<Signal> signals,
    List<SensorState> sensors,
    Refusals refusals) {
  public LoadDescription {
    pools = List.copyOf(pools);
    signals = List.copyOf(signals);
    sensors = List.copyOf(sensors);
  }

  /**
   * One model, what its engine can bear, every threshold with its reason, and who gets in.
   *
   * @param admission {@code null} where everybody gets in
   */
  public record Pool(
      String model, Capacity capacity, List<Threshold> thresholds, @Nullable Admission admission) {
    public Pool {
      thresholds = List.copyOf(thresholds);
    }

    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeStringField("model", model);
      json.writeFieldName("capacity");
      capacity.writeTo(json);
      json.writeArrayFieldStart("thresholds");
      for (Threshold threshold : thresholds) {
        threshold.writeTo(json);
      }
      json.writeEndArray();
      if (admission == null) {
        json.writeNullField("admission");
      } else {
        json.writeFieldName("admission");
        admission.writeTo(json);
      }
      json.writeEndObject();
    }
  }

  /**
   * Who gets in, and which hints come true. Counts are since the start.
   *
   * @param tickets places kept for clients who are to come back
   * @param serviceSeconds mean time that a turn holds its slot
   * @param comeBack refusals that keep a place
   * @param tooFarOff refusals that keep none
   * @param latestHints the newest first
   */
  public record Admission(
      int slots,
      int busySlots,
      int waiting,
      int tickets,
      double serviceSeconds,
      long admitted,
      HintTally comeBack,
      HintTally tooFarOff,
      List<Hint> latestHints) {
    public Admission {
      latestHints = List.copyOf(latestHints);
    }

    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeNumberField("slots", slots);
      json.writeNumberField("busy_slots", busySlots);
      json.writeNumberField("waiting", waiting);
      json.writeNumberField("tickets", tickets);
      write(json, "service_seconds", serviceSeconds);
      json.writeNumberField("admitted", admitted);
      comeBack.writeTo(json, "come_back");
      tooFarOff.writeTo(json, "too_far_off");
      json.writeArrayFieldStart("latest_hints");
      for (Hint hint : latestHints) {
        hint.writeTo(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  /** How many hints of a kind were given, and how many of those that were tried came true. */
  public record HintTally(long given, long cameTrue, long broken) {
    private void writeTo(JsonGenerator json, String name) throws IOException {
      json.writeObjectFieldStart(name);
      json.writeNumberField("given", given);
      json.writeNumberField("came_true", cameTrue);
      json.writeNumberField("broken", broken);
      json.writeEndObject();
    }
  }

  /**
   * One hint when to come back.
   *
   * @param placeKept whether a ticket keeps a place
   * @param outcome {@code pending}, {@code came_true}, {@code broken} or {@code unused}
   */
  public record Hint(Duration age, Duration retryAfter, boolean placeKept, String outcome) {
    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      write(json, "age_seconds", age.toMillis() / 1_000.0);
      write(json, "retry_after_seconds", retryAfter.toMillis() / 1_000.0);
      json.writeBooleanField("place_kept", placeKept);
      json.writeStringField("outcome", outcome);
      json.writeEndObject();
    }
  }

  /**
   * What an engine holds and how fast it is.
   *
   * @param explanation the derivation in words
   */
  public record Capacity(
      OptionalDouble requests,
      OptionalDouble requestsPerSecond,
      OptionalDouble kvTokens,
      OptionalDouble sequences,
      double tokensPerRequest,
      int requestsSeen,
      OptionalDouble outputTokens,
      OptionalDouble tokenMillis,
      OptionalDouble firstTextMillis,
      String explanation) {
    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      write(json, "requests", requests);
      write(json, "requests_per_second", requestsPerSecond);
      write(json, "kv_tokens", kvTokens);
      write(json, "sequences", sequences);
      write(json, "tokens_per_request", tokensPerRequest);
      json.writeNumberField("requests_seen", requestsSeen);
      write(json, "output_tokens", outputTokens);
      write(json, "token_ms", tokenMillis);
      write(json, "first_text_ms", firstTextMillis);
      json.writeStringField("explanation", explanation);
      json.writeEndObject();
    }
  }

  /** A value that decides something, and one sentence that says where it comes from. */
  public record Threshold(String name, double value, String explanation) {
    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeStringField("name", name);
      write(json, "value", value);
      json.writeStringField("explanation", explanation);
      json.writeEndObject();
    }
  }

  /**
   * One signal of one place.
   *
   * @param place a model, or {@code host}
   * @param readAt when it was read last; {@code null} before the first time
   * @param level smoothed: five seconds upwards, a minute downwards
   * @param history means, oldest first; NaN where unknown
   */
  public record Signal(
      String name,
      String place,
      String unit,
      String meaning,
      int shelfLifeSeconds,
      OptionalDouble value,
      @Nullable Instant readAt,
      OptionalDouble level,
      double deviation,
      OptionalDouble capacity,
      String capacityMeaning,
      List<Double> history,
      List<Outlook> forecasts) {
    public Signal {
      history = List.copyOf(history);
      forecasts = List.copyOf(forecasts);
    }

    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeStringField("signal", name);
      json.writeStringField("place", place);
      json.writeStringField("unit", unit);
      json.writeStringField("meaning", meaning);
      json.writeNumberField("shelf_life_seconds", shelfLifeSeconds);
      write(json, "value", value);
      if (readAt == null) {
        json.writeNullField("read_at");
      } else {
        JsonBytes.writeSeconds(json, "read_at", readAt);
      }
      write(json, "level", level);
      write(json, "deviation", deviation);
      write(json, "capacity", capacity);
      JsonBytes.writeTextOrNull(
          json, "capacity_meaning", capacityMeaning.isEmpty() ? null : capacityMeaning);
      write(json, "history", history);
      json.writeArrayFieldStart("forecasts");
      for (Outlook forecast : forecasts) {
        forecast.writeTo(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  /**
   * What is foreseen for the end of a horizon.
   *
   * @param skill {@code null} until a forecast has come due
   * @param pastP50 what was said one horizon ago of each point of the history
   */
  public record Outlook(
      int horizonSeconds,
      OptionalDouble mean,
      OptionalDouble p50,
      OptionalDouble p90,
      OptionalDouble chanceAboveCapacity,
      @Nullable Skill skill,
      List<Double> pastP50,
      List<Double> pastP90) {
    public Outlook {
      pastP50 = List.copyOf(pastP50);
      pastP90 = List.copyOf(pastP90);
    }

    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeNumberField("horizon_seconds", horizonSeconds);
      write(json, "mean", mean);
      write(json, "p50", p50);
      write(json, "p90", p90);
      write(json, "chance_above_capacity", chanceAboveCapacity);
      if (skill == null) {
        json.writeNullField("skill");
      } else {
        json.writeFieldName("skill");
        skill.writeTo(json);
      }
      write(json, "past_p50", pastP50);
      write(json, "past_p90", pastP90);
      json.writeEndObject();
    }
  }

  /**
   * How good the forecasts were of late.
   *
   * @param wape error in percent of the load; NaN without load, as all of them
   * @param againstNaive 1 is perfect, 0 no better than taking the last value
   * @param floorWape the error that nobody can go below, in percent
   * @param timesFloor how many times that the error is
   */
  public record Skill(double wape, double againstNaive, double floorWape, double timesFloor) {
    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      write(json, "wape_percent", wape);
      write(json, "against_naive", againstNaive);
      write(json, "floor_wape_percent", floorWape);
      write(json, "times_floor", timesFloor);
      json.writeEndObject();
    }
  }

  /** How a sensor fares: {@code fine}, {@code failing} or {@code hanging}. */
  public record SensorState(String name, String state, long failures, @Nullable String problem) {
    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeStringField("sensor", name);
      json.writeStringField("state", state);
      json.writeNumberField("failures", failures);
      JsonBytes.writeTextOrNull(json, "problem", problem);
      json.writeEndObject();
    }
  }

  /**
   * Who was told to come back later.
   *
   * @param total since the start
   * @param latest the newest first
   */
  public record Refusals(long total, List<Refused> latest) {
    public Refusals {
      latest = List.copyOf(latest);
    }

    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeNumberField("total", total);
      json.writeArrayFieldStart("latest");
      for (Refused refused : latest) {
        refused.writeTo(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  /** One of them, with the hint that it was given. */
  public record Refused(Instant at, String reason, Duration retryAfter) {
    private void writeTo(JsonGenerator json) throws IOException {
      json.writeStartObject();
      JsonBytes.writeSeconds(json, "at", at);
      json.writeStringField("reason", reason);
      write(json, "retry_after_seconds", retryAfter.toMillis() / 1_000.0);
      json.writeEndObject();
    }
  }

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "load");
      JsonBytes.writeSeconds(json, "at", at);
      json.writeNumberField("point_seconds", pointSeconds);
      json.writeArrayFieldStart("pools");
      for (Pool pool : pools) {
        pool.writeTo(json);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("signals");
      for (Signal signal : signals) {
        signal.writeTo(json);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("sensors");
      for (SensorState sensor : sensors) {
        sensor.writeTo(json);
      }
      json.writeEndArray();
      json.writeFieldName("refusals");
      refusals.writeTo(json);
      json.writeEndObject();
    });
  }

  private static void write(JsonGenerator json, String name, OptionalDouble value)
      throws IOException {
    write(json, name, value.orElse(Double.NaN));
  }

  private static void write(JsonGenerator json, String name, double value) throws IOException {
    json.writeFieldName(name);
    write(json, value);
  }

  private static void write(JsonGenerator json, String name, List<Double> points)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (double point : points) {
      write(json, point);
    }
    json.writeEndArray();
  }

  private static void write(JsonGenerator json, double value) throws IOException {
    if (!Double.isFinite(value)) {
      json.writeNull();
      return;
    }
    double rounded = Math.rint(value * 1_000) / 1_000;
    if (rounded == Math.rint(rounded) && Math.abs(rounded) < 1L << 53) {
      json.writeNumber((long) rounded);
    } else {
      json.writeNumber(rounded);
    }
  }
}
