package dev.hourglass.verify.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.testkit.gguf.TinyModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients were told of reservations is true after {@code kill -9}: {@code bench reservations}
 * with a few kills.
 */
class KilledReservationsTest {
  private static final int KILLS = 5;

  @TempDir Path folder;

  @Test
  void nothingIsOversoldOrLost() throws Exception {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(21).write(model);
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.hourglass.app.Main",
            "bench",
            "reservations",
            "--json",
            "--kills=" + KILLS,
            "--model=" + model);
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    builder.redirectError(folder.resolve("progress").toFile());
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();

    JsonNode report = new ObjectMapper().readTree(said);
    assertThat(report.get("kills").asInt()).isEqualTo(KILLS);
    assertThat(report.get("confirmed").asInt()).as("%s", report).isPositive();
    assertThat(report.get("oversoldBuckets").asInt()).as("%s", report).isZero();
    assertThat(report.get("confirmedAndLost").asInt()).as("%s", report).isZero();
    assertThat(report.get("heldAndLost").asInt()).as("%s", report).isZero();
    assertThat(report.get("releasedAndBack").asInt()).as("%s", report).isZero();
    assertThat(report.get("faults")).as("%s", report).isEmpty();
    assertThat(process.exitValue()).isZero();
  }
}
