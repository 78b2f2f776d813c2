package dev.hourglass.app.bench.chaos;

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
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchChaosCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  @TempDir private Path folder = Path.of("");

  @Test
  void leavesNothingBehindAfterAShortRun() throws Exception {
    assertThat(run("--seconds=8", "--sessions=100", "--json")).isZero();

    JsonNode report = new JsonMapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertThat(report.get("turns").asInt()).isGreaterThan(30);
    assertThat(report.get("failedBeforeFirstTokenWithRetriesLeft").asInt()).isZero();
    assertThat(report.get("leakedLeases").asInt()).isZero();
    assertThat(report.get("orphanedGenerations").asInt()).isZero();
  }

  @Test
  void refusesRunsWithoutEnd() {
    assertThat(run("--seconds=0")).isEqualTo(1);
    assertThat(run("--sessions=1000000")).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("--seconds: 0 (expected: 1 to 3600)")
        .contains("--sessions: 1000000 (expected: 1 to 10000)");
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
    return new CommandLine(new BenchChaosCommand(surroundings))
        .setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8))
        .setExecutionExceptionHandler((failure, _, _) -> {
          surroundings.err().println(failure.getMessage());
          return CommandLine.ExitCode.SOFTWARE;
        })
        .execute(arguments);
  }
}
