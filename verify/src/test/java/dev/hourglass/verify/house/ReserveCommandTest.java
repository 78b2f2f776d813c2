package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.reserve.ReserveCommand;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.engine.ScriptedEngine;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code hourglass reserve} against a gateway that has room for 16 sessions. */
class ReserveCommandTest {
  private static final ZoneId ZONE = ZoneOffset.ofHours(2);

  @TempDir private Path folder = Path.of("");
  private RunningHouse house;

  @BeforeEach
  void start() throws Exception {
    house =
        RunningHouse.start(
            table -> new ScriptedEngine("scripted", 10_000, table),
            folder,
            ApiKeys.none(),
            engines -> RealTimeAdmission.open(engines, 8));
  }

  @AfterEach
  void stop() {
    house.close();
  }

  @Test
  void aReservationIsBookedListedAndGivenBack() throws Exception {
    assertThat(reserve("list")).isEqualTo("nothing is reserved\n");

    String booked = reserve("--for", "1h", "--sessions", "4", "--name", "demo");
    assertThat(booked)
        .startsWith("demo is reserved: 4 sessions of scripted, ")
        .contains("(" + ZONE.getId() + ")")
        .contains("X-Reservation: demo")
        .endsWith("./hourglass reserve cancel demo\n");
    assertThat(reserve("list")).matches("demo +confirmed +4 .*\n");

    assertThat(reserve("cancel", "demo")).isEqualTo("demo is cancelled\n");
    assertThat(reserve("list")).isEqualTo("nothing is reserved\n");
    assertThat(reserve("list", "--all")).matches("demo +cancelled +4 .*\n");
  }

  @Test
  void whatOthersHaveIsNamedAndTheEarliestWindowIsTakenOnRequest() throws Exception {
    reserve("--for", "10m", "--sessions", "16", "--name", "others");

    assertThatThrownBy(() -> reserve("--for", "10m", "--sessions", "1", "--name", "mine"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessageContaining("others have reserved that; the same fits ")
        .hasMessageContaining("--earliest");
    assertThat(reserve("--for", "10m", "--sessions", "1", "--name", "mine", "--earliest"))
        .startsWith("mine is reserved: 1 session of scripted, ");
    assertThat(reserve("list").lines()).hasSize(2);
  }

  @Test
  void whatCannotBeIsSaidAndReservesNothing() throws Exception {
    assertThatThrownBy(() -> reserve("--for", "soon"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessage("--for: soon (expected: such as 90s, 30m, 2h or 1d)");
    assertThatThrownBy(() -> reserve("--for", "10m", "--sessions", "17"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessageContaining("17");
    assertThatThrownBy(() -> reserve("--from", "yesterday", "--for", "10m"))
        .isInstanceOf(ExpectedFailure.class)
        .hasMessageContaining("--from: yesterday");
    assertThatThrownBy(() -> reserve("cancel", "nobody")).isInstanceOf(ExpectedFailure.class);
    assertThat(reserve("list", "--all")).isEqualTo("nothing is reserved\n");
  }

  /** What the command prints; an expected failure is thrown. */
  private String reserve(String... arguments) throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    Surroundings surroundings =
        new Surroundings(
            Map.of("HOURGLASS_URL", house.base().toString()),
            folder,
            InputStream.nullInputStream(),
            out,
            out,
            false);
    Exception[] failure = new Exception[1];
    int exit =
        new CommandLine(new ReserveCommand(surroundings, InstantSource.fixed(Instant.now()), ZONE))
            .setExecutionExceptionHandler((thrown, _, _) -> {
              failure[0] = thrown;
              return 1;
            })
            .execute(arguments);
    if (failure[0] != null) {
      throw failure[0];
    }
    assertThat(exit).isZero();
    return printed.toString(StandardCharsets.UTF_8);
  }
}
