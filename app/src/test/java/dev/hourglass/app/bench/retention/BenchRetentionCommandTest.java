package dev.hourglass.app.bench.retention;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hourglass.app.host.Surroundings;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchRetentionCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void tellsWhatEachKindOfCallTakesForEachNumberOfSessions() throws Exception {
    assertThat(run("--sessions=20,90", "--json")).isZero();

    JsonNode results =
        new JsonMapper().readTree(out.toString(StandardCharsets.UTF_8)).get("results");
    assertThat(results.findValuesAsText("sessions")).containsExactly("20", "90");
    for (JsonNode result : results) {
      for (String micros :
          new String[] {"turnMicros", "engineChoiceMicros", "tierChoiceMicros", "tickMicros"}) {
        assertThat(result.get(micros).asDouble()).as(micros).isPositive();
      }
      assertThat(result.get("longestTickMicros").asDouble())
          .isGreaterThanOrEqualTo(result.get("tickMicros").asDouble());
    }
  }

  @Test
  void refusesNumbersThatMakeNoSense() {
    assertThat(run("--sessions=0")).isEqualTo(1);
    assertThat(run("--sessions=10,20000000")).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("--sessions: 0 (expected: 1 to 10000000)")
        .contains("--sessions: 20000000 (expected: 1 to 10000000)");
  }

  private int run(String... arguments) {
    Surroundings surroundings =
        new Surroundings(
            Map.of(),
            Path.of(""),
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    return new CommandLine(new BenchRetentionCommand(surroundings))
        .setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8))
        .setExecutionExceptionHandler((failure, _, _) -> {
          surroundings.err().println(failure.getMessage());
          return CommandLine.ExitCode.SOFTWARE;
        })
        .execute(arguments);
  }
}
