package dev.hourglass.app.replay.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.ReplayCommand;
import dev.hourglass.app.replay.routing.RoutingReplay.Imbalance;
import dev.hourglass.app.replay.routing.SimulatedEndpoint.Fleet;
import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.RoutingStrategy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ReplayRoutingCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  @TempDir private Path folder = Path.of("");

  @Test
  void judgesEveryStrategyOnConversationsThatShareASystemPrompt() throws Exception {
    Path trace = conversations();
    assertThat(run("--trace", trace.toString(), "--format", "mooncake", "--json")).isZero();

    JsonNode report = new JsonMapper().readTree(text(out));
    assertThat(report.fieldNames()).toIterable().containsExactly("trace", "results");
    assertThat(report.get("trace").asText()).isEqualTo(trace.toString());
    Map<String, JsonNode> results =
        report
            .get("results")
            .valueStream()
            .collect(Collectors.toMap(it -> it.get("strategy").asText(), it -> it));
    assertThat(results)
        .containsOnlyKeys("round-robin", "least-in-flight", "latency", "session", "prefix");
    for (JsonNode result : results.values()) {
      assertThat(result.fieldNames())
          .toIterable()
          .containsExactly("strategy", "prefixHitRatio", "loadImbalance", "p95QueueSeconds");
      assertThat(result.get("p95QueueSeconds").asDouble()).isNotNegative();
    }
    double blind = figure(results, "round-robin", "prefixHitRatio");
    for (String affine : List.of("session", "prefix")) {
      assertThat(figure(results, affine, "prefixHitRatio")).isGreaterThan(blind + 0.2);
      // Everybody has the same first block; nobody gets everything.
      assertThat(figure(results, affine, "loadImbalance")).isLessThan(1.25);
    }
  }

  private static double figure(Map<String, JsonNode> results, String strategy, String name) {
    return Objects.requireNonNull(results.get(strategy)).get(name).asDouble();
  }

  @Test
  void printsATable() throws Exception {
    assertThat(run("--trace", conversations().toString(), "--format", "MOONCAKE")).isZero();
    assertThat(text(out))
        .contains("4 endpoints, each with 10 slots and 5000 blocks")
        .containsPattern("session +\\d+\\.\\d % +\\d\\.\\d{3} +\\d+\\.\\d\\d s");
    assertThat(text(err)).isEqualTo("Replaying …\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --endpoints=0     | --endpoints: 0 (expected: 1 to 1000)
          --slots=-1        | --slots: -1 (expected: 1 to 1000000)
          --kv-blocks=0     | --kv-blocks: 0 (expected: 1 to 1000000)
          """)
  void refusesAFleetThatCannotServe(String option, String message) throws Exception {
    assertThat(run("--trace", conversations().toString(), "--format", "mooncake", option))
        .isEqualTo(1);
    assertThat(text(err)).contains(message);
  }

  @Test
  void countsHitsAndWaitsOfAnEndpointByHand() {
    // 1,024 tokens, all new: 0.2048 s; then 100 tokens: 2 s. The second finds both blocks.
    List<Trace.Request> requests =
        List.of(
            new Trace.Request(0, 1_024, 100, List.of(1L, 2L)),
            new Trace.Request(1, 1_024, 100, List.of(1L, 2L)),
            new Trace.Request(1, 1_024, 0, List.of(1L, 3L)));
    RoutingResult result =
        new RoutingReplay(
                new Trace(requests, true), RoutingStrategy.LEAST_IN_FLIGHT, new Fleet(1, 1, 100))
            .run(done -> {});
    assertThat(result.prefixHitRatio()).isCloseTo(3 / 6.0, within(1e-9));
    // The second waits until 2.2048, the third until 4.2048.
    assertThat(result.p95QueueSeconds()).isCloseTo(3.2048, within(1e-9));
  }

  @Test
  void aSessionIsRecognisedByItsFullBlocks() {
    Trace.Request first = new Trace.Request(0, 1_100, 10, List.of(0L, 1L, 2L));
    Trace.Request next = new Trace.Request(9, 2_048, 10, List.of(0L, 1L, 7L, 8L));
    TraceSessions sessions = new TraceSessions();
    assertThat(sessions.home(first)).isNull();
    sessions.sent(first, new EndpointId("e1"));
    assertThat(sessions.home(next)).isNotNull();
    assertThat(sessions.home(new Trace.Request(9, 900, 1, List.of(0L, 9L)))).isNull();
    sessions.sent(next, new EndpointId("e2"));
    assertThat(sessions.home(first)).isNull();
  }

  @Test
  void imbalanceIsTheFullestOverTheMeanOfEachMinute() {
    Imbalance even = new Imbalance(2);
    even.at(0, 3, 3);
    even.at(120, 0, 0);
    assertThat(even.mean()).isEqualTo(1);
    Imbalance turns = new Imbalance(2);
    turns.at(0, 3, 0);
    turns.at(60, 0, 3);
    turns.at(120, 0, 0);
    assertThat(turns.mean()).isEqualTo(2);
  }

  private int run(String... arguments) {
    Surroundings surroundings =
        new Surroundings(
            Map.of(),
            folder,
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    List<String> all = new ArrayList<>(List.of("routing"));
    all.addAll(List.of(arguments));
    return ReplayCommand.commandLine(surroundings)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8))
        .setExecutionExceptionHandler((failure, _, _) -> {
          surroundings.err().println(failure.getMessage());
          return CommandLine.ExitCode.SOFTWARE;
        })
        .execute(all.toArray(String[]::new));
  }

  /** 60 conversations of ten turns, in an order that changes; all begin with block 0. */
  private Path conversations() throws IOException {
    StringBuilder text = new StringBuilder();
    SplittableRandom random = new SplittableRandom(5);
    for (int turn = 1; turn <= 10; turn++) {
      for (int place = 1; place <= 60; place++) {
        int conversation = (place * (2 * turn + 5)) % 61;
        StringBuilder blocks = new StringBuilder("0");
        for (int block = 0; block < 2 * turn; block++) {
          blocks.append(',').append(conversation * 1_000 + block);
        }
        text.append("{\"timestamp\":")
            .append((turn * 60 + place) * 350 + random.nextInt(300))
            .append(",\"input_length\":")
            .append((2 * turn + 1) * 512)
            .append(",\"output_length\":")
            .append(random.nextInt(100, 600))
            .append(",\"hash_ids\":[")
            .append(blocks)
            .append("]}\n");
      }
    }
    return Files.writeString(folder.resolve("trace"), text);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
