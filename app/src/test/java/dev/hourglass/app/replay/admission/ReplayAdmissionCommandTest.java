package dev.hourglass.app.replay.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.ReplayCommand;
import dev.hourglass.app.replay.trace.TraceFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ReplayAdmissionCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir private Path folder = Path.of("");

  @Test
  void hintsOfTicketsComeTrueAndOthersDoNot() throws Exception {
    assertThat(run(poisson(), "--json")).isZero();
    JsonNode results = new ObjectMapper().readTree(text(out)).get("results");

    assertThat(results).hasSize(15);
    for (JsonNode row : results) {
      assertThat(row.fieldNames())
          .toIterable()
          .containsExactlyInAnyOrder(
              "strategy",
              "load",
              "hintHitRatio",
              "farHintHitRatio",
              "attemptsPerServed",
              "servedRatio",
              "p99DelaySeconds");
    }
    for (double load : new double[] {0.88, 0.95, 1.12}) {
      JsonNode ticket = row(results, "ticket", load);
      assertThat(ticket.get("hintHitRatio").asDouble()).isGreaterThanOrEqualTo(0.95);
      assertThat(ticket.get("p99DelaySeconds").asDouble()).isLessThanOrEqualTo(18);
      JsonNode impatient = row(results, "fixed-1s", load);
      assertThat(impatient.get("hintHitRatio").asDouble())
          .isLessThan(ticket.get("hintHitRatio").asDouble());
      assertThat(ticket.get("attemptsPerServed").asDouble())
          .isLessThan(impatient.get("attemptsPerServed").asDouble());
    }
    assertThat(row(results, "fifo", 0.88).get("hintHitRatio").isNull()).isTrue();
  }

  private static JsonNode row(JsonNode results, String strategy, double load) {
    for (JsonNode row : results) {
      if (row.get("strategy").asText().equals(strategy) && row.get("load").asDouble() == load) {
        return row;
      }
    }
    throw new AssertionError(strategy + " at " + load);
  }

  @Test
  void aTraceIsAlwaysReplayedInTheSameWay() throws Exception {
    Path trace = poisson();
    run(trace, "--json", "--load", "1.12");
    String first = text(out);
    out.reset();
    run(trace, "--json", "--load", "1.12");

    assertThat(text(out)).isEqualTo(first);
  }

  @Test
  void whoeverFindsRoomIsServedAtOnce() throws Exception {
    assertThat(run(poisson(), "--load", "0.4")).isZero();

    assertThat(text(out).lines().filter(line -> line.startsWith("0.40")))
        .hasSize(5)
        .allMatch(line -> line.matches(".*–\\s+–\\s+1\\.00\\s+1\\.000\\s+0\\.[01]"));
  }

  @Test
  void slotsAreTheRequestsInServiceDividedByTheLoad() throws Exception {
    // 100 requests of 2 s within 50 s: 4 in service.
    StringBuilder text = new StringBuilder("TIMESTAMP,ContextTokens,GeneratedTokens\n");
    for (int request = 0; request < 100; request++) {
      text.append(
              LocalDateTime.parse("2023-11-16T18:00:00").plusNanos(request * 50_000_000_000L / 99))
          .append(",0,100\n");
    }
    var trace = TraceFormat.AZURE.read(Files.writeString(folder.resolve("trace"), text));

    assertThat(trace.requests().getLast().arrivalSeconds()).isCloseTo(50, within(0.001));
    assertThat(AdmissionReplay.slots(trace, 1)).isEqualTo(4);
    assertThat(AdmissionReplay.slots(trace, 0.5)).isEqualTo(8);
    assertThat(AdmissionReplay.slots(trace, 100)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "NaN", "11", "0.88,0"})
  void refusesALoadThatMakesNoSense(String load) throws Exception {
    assertThat(run(poisson(), "--load", load)).isEqualTo(1);
    assertThat(text(err)).contains("--load: ").contains("(expected: 0.01 to 10.0)");
  }

  @Test
  void refusesATraceWithoutDuration() throws Exception {
    Path trace =
        Files.writeString(
            folder.resolve("trace"),
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:00:00,1,1\n");
    assertThat(run(trace)).isEqualTo(1);
    assertThat(text(err)).contains("(expected: requests over some time)");
  }

  private int run(Path trace, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("admission", "--trace", trace.toString(), "--format", "azure"));
    arguments.addAll(List.of(more));
    Surroundings surroundings =
        new Surroundings(
            Map.of(),
            folder,
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    return ReplayCommand.commandLine(surroundings)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8))
        .setExecutionExceptionHandler((failure, _, _) -> {
          surroundings.err().println(failure.getMessage());
          return CommandLine.ExitCode.SOFTWARE;
        })
        .execute(arguments.toArray(String[]::new));
  }

  /** Twenty minutes of Poisson arrivals, 5 a second, with exponential lengths of 4 s. */
  private Path poisson() throws IOException {
    StringBuilder text = new StringBuilder("TIMESTAMP,ContextTokens,GeneratedTokens\n");
    SplittableRandom random = new SplittableRandom(12);
    LocalDateTime start = LocalDateTime.parse("2023-11-16T18:00:00");
    for (double now = 0; now < 1_200; now += random.nextExponential() / 5) {
      text.append(start.plusNanos((long) (now * 1e9)))
          .append(",100,")
          .append((int) (random.nextExponential() * 200))
          .append('\n');
    }
    return Files.writeString(folder.resolve("trace"), text);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
