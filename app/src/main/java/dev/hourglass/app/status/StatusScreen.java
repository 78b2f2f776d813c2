package dev.hourglass.app.status;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The answer of {@code GET /v1/load} as one screen of text. */
final class StatusScreen {
  private static final String HOST = "host";
  private static final String UNKNOWN = "–";
  private static final int BAR = 24;

  private final JsonNode load;
  private final StringBuilder screen = new StringBuilder();

  private StatusScreen(JsonNode load) {
    this.load = load;
  }

  static String of(String address, JsonNode load) {
    StatusScreen screen = new StatusScreen(load);
    screen.line("Hourglass at " + address);
    load.path("pools").forEach(screen::pool);
    screen.line("");
    screen.row("refused", number(load.at("/refusals/total")) + " since the start");
    screen.row(
        "machine",
        "processor %s, memory %s".formatted(screen.share("host_cpu"), screen.share("host_memory")));
    screen.row("sensors", screen.sensors());
    return screen.screen.toString().stripTrailing();
  }

  private void pool(JsonNode pool) {
    String model = pool.path("model").asText();
    line("");
    line(model);
    row(
        "in flight",
        "%s of %s requests, %s; %s wait in the engine"
            .formatted(
                number(signal("in_flight_requests", model).path("value")),
                number(threshold(pool, "limit").path("value")),
                threshold(pool, "pressed").path("value").asInt() == 1 ? "pressed" : "calm",
                number(signal("queue_length", model).path("value"))));
    row(
        "traffic",
        "%s a second come, %s are answered; %s can be"
            .formatted(
                number(signal("arrivals_per_second", model).path("value")),
                number(signal("completions_per_second", model).path("value")),
                number(pool.at("/capacity/requests_per_second"))));
    row(
        "answers",
        "first text after %s, then %s a token"
            .formatted(
                millis(signal("ttft_millis", model).path("value")),
                millis(signal("time_per_output_token_millis", model).path("value"))));
    row("admission", admission(pool.path("admission")));
    row("sessions", number(signal("live_sessions", model).path("value")) + " live");
    row("KV memory", memory(signal("kv_used_tokens", model)));
    forecasts(model);
  }

  private static String admission(JsonNode admission) {
    if (!admission.isObject()) {
      return "everybody gets in";
    }
    long cameTrue = admission.at("/come_back/came_true").asLong();
    long tried = cameTrue + admission.at("/come_back/broken").asLong();
    return "%s of %s slots taken, %s wait, %s have a ticket; %s"
        .formatted(
            number(admission.path("busy_slots")),
            number(admission.path("slots")),
            number(admission.path("waiting")),
            number(admission.path("tickets")),
            tried == 0
                ? "no hint was tried yet"
                : "%d %% of %d hints came true".formatted(100 * cameTrue / tried, tried));
  }

  private static String memory(JsonNode signal) {
    JsonNode used = signal.path("value");
    JsonNode all = signal.path("capacity");
    if (!used.isNumber() || !all.isNumber()) {
      return number(used) + " tokens";
    }
    double part = used.asDouble() / all.asDouble();
    int full = Math.clamp((int) Math.ceil(part * BAR), 0, BAR);
    return "%s%s  %s of %s tokens"
        .formatted("█".repeat(full), "░".repeat(BAR - full), number(used), number(all));
  }

  /** What is as likely to be passed as not, and what is passed once in ten times. */
  private void forecasts(String model) {
    List<JsonNode> foreseen = new ArrayList<>();
    for (String name :
        List.of("in_flight_requests", "arrivals_per_second", "live_sessions", "kv_used_tokens")) {
      foreseen.add(signal(name, model));
    }
    line("");
    line(
        String.format(
            Locale.ROOT,
            "  %-23s %9s %18s %18s %18s",
            "likely … at most (90 %)",
            "now",
            "in 30 s",
            "in 60 s",
            "in 120 s"));
    for (JsonNode signal : foreseen) {
      StringBuilder row = new StringBuilder();
      row.append(
          String.format(
              Locale.ROOT,
              "  %-23s %9s",
              signal.path("signal").asText().replace('_', ' '),
              number(signal.path("value"))));
      for (JsonNode forecast : signal.path("forecasts")) {
        String fan =
            forecast.path("p50").isNumber()
                ? number(forecast.path("p50")) + " … " + number(forecast.path("p90"))
                : UNKNOWN;
        row.append(String.format(Locale.ROOT, " %18s", fan));
      }
      line(row.toString());
    }
  }

  private String sensors() {
    List<String> ill =
        StreamSupport.stream(load.path("sensors").spliterator(), false)
            .filter(sensor -> !sensor.path("state").asText().equals("fine"))
            .map(sensor ->
                "%s is %s (%s)"
                    .formatted(
                        sensor.path("sensor").asText(),
                        sensor.path("state").asText(),
                        sensor.path("problem").asText()))
            .toList();
    return ill.isEmpty()
        ? "all " + load.path("sensors").size() + " answer"
        : ill.stream().collect(Collectors.joining(", "));
  }

  private JsonNode signal(String name, String place) {
    for (JsonNode signal : load.path("signals")) {
      if (signal.path("signal").asText().equals(name)
          && signal.path("place").asText().equals(place)) {
        return signal;
      }
    }
    return load.path("nothing of that name");
  }

  private static JsonNode threshold(JsonNode pool, String name) {
    for (JsonNode threshold : pool.path("thresholds")) {
      if (threshold.path("name").asText().equals(name)) {
        return threshold;
      }
    }
    return pool.path("nothing of that name");
  }

  private String share(String name) {
    JsonNode value = signal(name, HOST).path("value");
    return value.isNumber()
        ? String.format(Locale.ROOT, "%.0f %%", 100 * value.asDouble())
        : UNKNOWN;
  }

  private static String millis(JsonNode value) {
    if (!value.isNumber()) {
      return UNKNOWN;
    }
    return value.asDouble() >= 1_000
        ? String.format(Locale.ROOT, "%.1f s", value.asDouble() / 1_000)
        : String.format(Locale.ROOT, "%.0f ms", value.asDouble());
  }

  private static String number(JsonNode value) {
    if (!value.isNumber()) {
      return UNKNOWN;
    }
    boolean whole = value.isIntegralNumber() || value.asDouble() >= 100;
    return String.format(Locale.ROOT, whole ? "%,.0f" : "%.1f", value.asDouble());
  }

  private void row(String name, String text) {
    line(String.format(Locale.ROOT, "  %-10s %s", name, text));
  }

  private void line(String text) {
    screen.append(text).append('\n');
  }
}
