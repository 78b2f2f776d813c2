package dev.hourglass.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code GET /v1/load} and the metrics tell of a running house. */
final class LoadOverHttpTest {
  private static final String PLACE = TestHouse.MODEL;

  private TestHouse house;

  @BeforeEach
  void start() throws Exception {
    house = TestHouse.plan().start();
  }

  @AfterEach
  void stop() throws Exception {
    house.close();
  }

  @Test
  void whatIsUnknownIsNullAndNeverZero() throws Exception {
    JsonNode load = house.get("/v1/load").json();

    assertThat(load.at("/object").asText()).isEqualTo("load");
    Set<String> names = new TreeSet<>(load.at("/signals").findValuesAsText("signal"));
    assertThat(names)
        .containsExactly(
            "arrivals_per_second",
            "completions_per_second",
            "in_flight_requests",
            "in_flight_tokens",
            "kv_used_tokens",
            "live_sessions",
            "queue_length",
            "reservations_due",
            "step_millis",
            "time_per_output_token_millis",
            "ttft_millis",
            "uncached_input_tokens_per_second");
    for (JsonNode signal : load.at("/signals")) {
      assertThat(signal.at("/value").isNull()).as(signal.at("/signal").asText()).isTrue();
      assertThat(signal.at("/read_at").isNull()).isTrue();
      assertThat(signal.at("/meaning").asText()).endsWith(".");
      assertThat(signal.at("/history")).hasSize(120).allMatch(JsonNode::isNull);
      assertThat(signal.at("/forecasts").findValuesAsText("horizon_seconds"))
          .containsExactly("30", "60", "120");
      assertThat(signal.at("/forecasts/0/mean").isNull()).isTrue();
    }
  }

  @Test
  void aRequestInTheEngineIsSeen() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("one", " two").thenAwaits(gate).thenSays(" three"));
    Thread asking = Thread.ofVirtual().start(() -> ask("hello there"));
    try {
      await()
          .untilAsserted(() -> {
            house.load.second();
            assertThat(value("in_flight_requests")).isEqualTo(1);
            assertThat(value("in_flight_tokens")).isGreaterThan(2);
            assertThat(value("ttft_millis")).isNotNegative();
          });
    } finally {
      gate.countDown();
      asking.join();
    }
    await()
        .untilAsserted(() -> {
          house.load.second();
          assertThat(value("in_flight_requests")).isZero();
          assertThat(value("kv_used_tokens")).isPositive();
          assertThat(value("live_sessions")).isEqualTo(1);
        });
    JsonNode pool = house.get("/v1/load").json().at("/pools/0");
    assertThat(pool.at("/model").asText()).isEqualTo(PLACE);
    assertThat(pool.at("/capacity/requests_seen").asInt()).isEqualTo(1);
    assertThat(pool.at("/capacity/requests").asDouble()).isEqualTo(8);
    assertThat(pool.at("/capacity/explanation").asText())
        .startsWith("The KV memory of 800000 tokens holds ");
    assertThat(pool.at("/thresholds").findValuesAsText("name"))
        .containsExactly("limit", "pressed", "quota_critical", "quota_standard", "quota_sheddable");
    assertThat(pool.at("/thresholds").findValuesAsText("explanation"))
        .hasSize(5)
        .allMatch(sentence -> sentence.endsWith("."));
  }

  @Test
  void afterFiveSecondsThereIsAForecast() throws Exception {
    await()
        .untilAsserted(() -> {
          house.load.second();
          assertThat(signal("in_flight_requests").at("/forecasts/0/p90").isNumber()).isTrue();
        });
    JsonNode signal = signal("in_flight_requests");
    assertThat(signal.at("/history").get(119).asDouble()).isZero();
    assertThat(signal.at("/capacity").asDouble()).isEqualTo(8);
  }

  @Test
  void theMetricsTellTheSame() throws Exception {
    house.post("/v1/chat/completions", TestHouse.user("hello"));
    await()
        .untilAsserted(() -> {
          house.load.second();
          assertThat(value("kv_used_tokens")).isPositive();
        });
    String metrics = house.get("/metrics").text();

    assertThat(metrics)
        .contains(
            "hourglass_load_signal{place=\"scripted\",signal=\"kv_used_tokens\"} "
                + value("kv_used_tokens"))
        .contains("hourglass_load_signal{place=\"scripted\",signal=\"queue_length\"} NaN")
        .contains("hourglass_load_threshold{model=\"scripted\",threshold=\"limit\"} 8.0")
        .contains(
            "hourglass_load_forecast{horizon=\"30s\",place=\"scripted\",quantile=\"0.9\",signal=\"arrivals_per_second\"}")
        .contains("hourglass_load_sensor_failures_total{sensor=\"memory scripted\"} 0.0");
  }

  private void ask(String text) {
    try {
      house.post("/v1/chat/completions", TestHouse.user(text));
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  private JsonNode signal(String name) throws Exception {
    return StreamSupport.stream(house.get("/v1/load").json().at("/signals").spliterator(), false)
        .filter(signal -> signal.at("/signal").asText().equals(name))
        .findAny()
        .orElseThrow();
  }

  private double value(String name) throws Exception {
    JsonNode value = signal(name).at("/value");
    assertThat(value.isNumber()).as(name + " is known").isTrue();
    return value.asDouble();
  }
}
