package dev.hourglass.app.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.protocol.response.LoadDescription;
import dev.hourglass.protocol.response.LoadDescription.Capacity;
import dev.hourglass.protocol.response.LoadDescription.Outlook;
import dev.hourglass.protocol.response.LoadDescription.Pool;
import dev.hourglass.protocol.response.LoadDescription.SensorState;
import dev.hourglass.protocol.response.LoadDescription.Signal;
import dev.hourglass.protocol.response.LoadDescription.Threshold;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class StatusScreenTest {
  private static final OptionalDouble UNKNOWN = OptionalDouble.empty();

  @Test
  void everythingIsOnOneScreen() throws Exception {
    String screen =
        StatusScreen.of(
            "http://127.0.0.1:8080",
            json(
                new SensorState("host", "fine", 0, null),
                signal("in_flight_requests", "tiny", 3, UNKNOWN, 2, 4.25),
                signal("queue_length", "tiny", 0, UNKNOWN, 0, 1),
                signal("arrivals_per_second", "tiny", 0.4, UNKNOWN, 0.4, 0.9),
                signal("completions_per_second", "tiny", 0.2, UNKNOWN, 0.4, 0.9),
                signal("ttft_millis", "tiny", 231, UNKNOWN, 230, 300),
                signal("time_per_output_token_millis", "tiny", 1_250, UNKNOWN, 20, 30),
                signal("live_sessions", "tiny", 1_234, UNKNOWN, 1_240, 1_300),
                signal("kv_used_tokens", "tiny", 4_096, OptionalDouble.of(16_384), 5_000, 6_000),
                signal("host_cpu", "host", 0.416, UNKNOWN, 0.4, 0.9)));

    assertThat(screen)
        .isEqualTo(
            """
            Hourglass at http://127.0.0.1:8080

            tiny
              in flight  3 of 6.5 requests, pressed; 0 wait in the engine
              traffic    0.4 a second come, 0.2 are answered; 2.5 can be
              answers    first text after 231 ms, then 1.3 s a token
              admission  3 of 16 slots taken, 2 wait, 4 have a ticket; 95 % of 40 hints came true
              sessions   1,234 live
              KV memory  ██████░░░░░░░░░░░░░░░░░░  4,096 of 16,384 tokens

              likely … at most (90 %)       now            in 30 s            in 60 s           in 120 s
              in flight requests              3            2 … 4.3            2 … 4.3            2 … 4.3
              arrivals per second           0.4          0.4 … 0.9          0.4 … 0.9          0.4 … 0.9
              live sessions               1,234      1,240 … 1,300      1,240 … 1,300      1,240 … 1,300
              kv used tokens              4,096      5,000 … 6,000      5,000 … 6,000      5,000 … 6,000

              refused    7 since the start
              machine    processor 42 %, memory –
              sensors    all 1 answer\
            """);
  }

  @Test
  void whatIsUnknownIsADashAndAnIllSensorIsNamed() throws Exception {
    String screen =
        StatusScreen.of(
            "http://127.0.0.1:8080",
            json(new SensorState("memory tiny", "hanging", 3, "no answer within 12000 ms")));

    assertThat(screen)
        .contains("in flight  – of 6.5 requests, pressed; – wait in the engine")
        .contains("answers    first text after –, then – a token")
        .contains("KV memory  – tokens")
        .contains("sensors    memory tiny is hanging (no answer within 12000 ms)")
        .doesNotContain("null")
        .doesNotContain(" 0 ");
  }

  private static JsonNode json(SensorState sensor, Signal... signals) throws Exception {
    return new ObjectMapper()
        .readTree(
            new LoadDescription(
                    Instant.EPOCH,
                    5,
                    List.of(
                        new Pool(
                            "tiny",
                            new Capacity(
                                OptionalDouble.of(16),
                                OptionalDouble.of(2.5),
                                OptionalDouble.of(16_384),
                                OptionalDouble.of(16),
                                100,
                                40,
                                UNKNOWN,
                                UNKNOWN,
                                UNKNOWN,
                                "The derivation."),
                            List.of(
                                new Threshold("limit", 6.5, "A reason."),
                                new Threshold("pressed", 1, "A reason.")),
                            new LoadDescription.Admission(
                                16,
                                3,
                                2,
                                4,
                                1.5,
                                70,
                                new LoadDescription.HintTally(50, 38, 2),
                                new LoadDescription.HintTally(0, 0, 0),
                                List.of()))),
                    List.of(signals),
                    List.of(sensor),
                    new LoadDescription.Refusals(7, List.of()))
                .toJson());
  }

  private static Signal signal(
      String name, String place, double value, OptionalDouble capacity, double p50, double p90) {
    return new Signal(
        name,
        place,
        "unit",
        "A meaning.",
        3,
        OptionalDouble.of(value),
        Instant.EPOCH,
        OptionalDouble.of(value),
        0,
        capacity,
        "",
        List.of(),
        List.of(outlook(30, p50, p90), outlook(60, p50, p90), outlook(120, p50, p90)));
  }

  private static Outlook outlook(int seconds, double p50, double p90) {
    return new Outlook(
        seconds,
        OptionalDouble.of(p50),
        OptionalDouble.of(p50),
        OptionalDouble.of(p90),
        UNKNOWN,
        null,
        List.of(),
        List.of());
  }
}
