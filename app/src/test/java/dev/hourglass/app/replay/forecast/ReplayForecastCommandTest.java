package dev.hourglass.app.replay.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.ReplayCommand;
import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.app.replay.trace.TraceFormat;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.Forecaster;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.SessionTimers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ReplayForecastCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  @TempDir private Path folder = Path.of("");

  @Test
  void printsOneJsonObjectWithEverySignalMethodAndHorizon() throws Exception {
    Path trace = mooncake(1500, 1500);

    assertThat(run(trace, "mooncake", "--json")).isZero();
    JsonNode report = new JsonMapper().readTree(text(out));

    assertThat(report.fieldNames()).toIterable().containsExactly("trace", "results");
    assertThat(report.get("trace").asText()).isEqualTo(trace.toString());
    assertThat(values(report, "signal"))
        .containsExactly("in-flight", "rate5", "sess-60", "sess-120", "sess-300");
    assertThat(values(report, "method"))
        .containsExactlyInAnyOrder(
            "naive", "ma60", "ma180", "ma600", "ewma0.1", "ols300", "ols600", "ar3", "ar12", "holt",
            "slope", "timer", "mixture", "floor");
    assertThat(values(report, "horizonSeconds")).containsExactly("30", "60", "120");
    // Two signals without timers, three with.
    assertThat(report.get("results")).hasSize(3 * (2 * 13 + 3 * 14));
    for (JsonNode cell : report.get("results")) {
      assertThat(cell.fieldNames())
          .toIterable()
          .containsExactly("signal", "method", "horizonSeconds", "mape", "wape", "p90Coverage");
      boolean floor = cell.get("method").asText().equals("floor");
      assertThat(cell.get("mape").isNumber()).isEqualTo(!floor);
      assertThat(cell.get("p90Coverage").isNumber()).isEqualTo(!floor);
      assertThat(cell.get("wape").isNumber()).isTrue();
    }
  }

  @Test
  void printsATableWithoutTimersForATraceWithoutSessions() throws Exception {
    assertThat(run(azure(900), "AZURE")).isZero();

    assertThat(text(out))
        .contains("MAPE", "WAPE", "P90 coverage", "pinball")
        .containsPattern("in-flight +mixture +[\\d.]+/[\\d.]+/[\\d.]+ ")
        .containsPattern("rate5 +floor +– ")
        .doesNotContain("sess-", "timer");
    assertThat(text(err)).isEqualTo("Replaying …\n");
  }

  @Test
  void theEndOfATraceChangesNothingOfWhatCameBefore() throws Exception {
    Trace shorter = TraceFormat.MOONCAKE.read(mooncake(1400, 1400));
    Trace longer = TraceFormat.MOONCAKE.read(mooncake(1400, 2000));
    for (int index = 0; index < 5; index++) {
      assertThat(forecasts(shorter, index, 1300))
          .hasSize(3 * 261)
          .isEqualTo(forecasts(longer, index, 1300));
    }
  }

  /** What the forecaster says at each tick until a second, fed as the replay feeds it. */
  private static List<Forecast> forecasts(Trace trace, int index, int lastSecond) {
    Signal signal = Signal.of(trace).get(index);
    SessionTimers timers = new SessionTimers();
    Forecaster forecaster =
        signal.idleSeconds().isPresent() ? Forecaster.ofSessions(timers) : Forecaster.ofValues();
    SessionCensus census = new SessionCensus(trace, signal.idleSeconds().orElse(0));
    List<Forecast> forecasts = new ArrayList<>();
    for (int second = 0; second <= lastSecond; second++) {
      forecaster.sample(signal.at(second));
      if (second % 5 == 0) {
        if (signal.idleSeconds().isPresent()) {
          timers.tell(census.at(second));
        }
        forecaster.tick();
        for (Horizon horizon : Horizon.values()) {
          forecasts.add(forecaster.forecast(horizon).orElseThrow());
        }
      }
    }
    return forecasts;
  }

  @Test
  void refusesATraceThatIsTooShortToJudge() throws Exception {
    assertThat(run(azure(100), "azure")).isEqualTo(1);
    assertThat(text(err)).contains("s long (expected: at least 720 s").hasLineCount(1);
  }

  @Test
  void namesTheLineThatIsWrong() throws Exception {
    Path trace = azure(900);
    Files.writeString(trace, Files.readString(trace) + "yesterday,1,2\n");
    long lines = Files.readAllLines(trace).size();

    assertThat(run(trace, "azure")).isEqualTo(1);
    assertThat(text(err))
        .contains("trace:" + lines + ": TIMESTAMP: yesterday (expected: yyyy")
        .hasLineCount(1);
  }

  @Test
  void refusesAnUnknownFormat() {
    assertThat(run(folder.resolve("trace"), "csv")).isEqualTo(2);
    assertThat(text(err)).contains("--format").contains("csv");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--trace=x", "--format=azure", "--trace=x --format=azure --horizon=5"})
  void refusesMissingAndUnknownOptions(String options) {
    assertThat(execute(("forecast " + options).split(" ", -1))).isEqualTo(2);
    assertThat(text(err)).contains("Usage: replay forecast");
  }

  private int run(Path trace, String format, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("forecast", "--trace", trace.toString(), "--format", format));
    arguments.addAll(List.of(more));
    return execute(arguments.toArray(String[]::new));
  }

  private int execute(String... arguments) {
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
        .execute(arguments);
  }

  /** Poisson arrivals, some of which continue one of the last conversations. */
  private Path mooncake(int sameSeconds, int seconds) throws IOException {
    StringBuilder text = new StringBuilder();
    SplittableRandom random = new SplittableRandom(8);
    double now = 0;
    int conversations = 0;
    while (now < seconds) {
      if (now > sameSeconds) {
        random = random.split();
      }
      now += random.nextExponential() / 2;
      int back = random.nextInt(300);
      int conversation =
          back < 100 && conversations > back ? conversations - back : ++conversations;
      text.append("{\"timestamp\":")
          .append((long) (now * 1000))
          .append(",\"input_length\":1000,\"output_length\":")
          .append(random.nextInt(1, 800))
          .append(",\"hash_ids\":[0,")
          .append(conversation)
          .append("]}\n");
    }
    return Files.writeString(folder.resolve("trace"), text);
  }

  private Path azure(int seconds) throws IOException {
    StringBuilder text = new StringBuilder("TIMESTAMP,ContextTokens,GeneratedTokens\n");
    SplittableRandom random = new SplittableRandom(9);
    for (int second = 0; second <= seconds; second++) {
      String time = LocalTime.ofSecondOfDay(second).toString();
      text.append("2023-11-16 ")
          .append(time)
          .append(",500,")
          .append(random.nextInt(1, 400))
          .append('\n');
    }
    return Files.writeString(folder.resolve("trace"), text);
  }

  private static Set<String> values(JsonNode report, String field) {
    Set<String> values = new LinkedHashSet<>();
    report.get("results").forEach(cell -> values.add(cell.get(field).asText()));
    return values;
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
