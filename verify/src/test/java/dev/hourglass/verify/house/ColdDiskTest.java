package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.testkit.gguf.TinyModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that refuses snapshots costs snapshots; every turn is answered, and it is said. */
class ColdDiskTest {
  private static final int CONVERSATIONS = 4;

  /** About half a million bytes of state: three of them are more than three quarters of WARM. */
  private static final String LONG_QUESTION = "q".repeat(1_000);

  private final HttpClient http = HttpClient.newHttpClient();
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() {
    model = folder.resolve("tiny.gguf");
    TinyModel.endless(21).write(model);
  }

  @Test
  void aDiskThatWorksTakesWhatMemoryHasNoRoomFor() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, model, ladder("cold"))) {
      talk(gateway);

      await().until(() -> metric(gateway, "hourglass_ladder_demotions_total") > 0);
      assertThat(metric(gateway, "hourglass_ladder_in_use")).isOne();
      assertThat(metric(gateway, "hourglass_ladder_failures_total")).isZero();
    }
  }

  @Test
  void aDiskThatIsFullStopsNoTurn() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, model, ladder("cold"))) {
      gateway.limitFiles(256 << 10);
      talk(gateway);

      await().until(() -> metric(gateway, "hourglass_ladder_failures_total") > 0);
      talk(gateway);
      assertThat(metric(gateway, "hourglass_ladder_in_use")).isZero();
      assertThat(metric(gateway, "hourglass_ladder_demotions_total")).isZero();
      assertThat(gateway.said())
          .containsOnlyOnce("Snapshots stay in memory only for a while")
          .contains("File too large");
      assertThat(files("cold", ".kv")).as("no part of a file is left").isEmpty();
    }
  }

  @Test
  void aFolderThatCannotBeWrittenInAnyMoreStopsNoTurn() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, model, ladder("cold"))) {
      // Not even the superuser writes below what is no folder.
      Path run = files("cold", "").getFirst();
      Files.move(run, folder.resolve("moved"));
      Files.createFile(run);

      talk(gateway);

      await().until(() -> metric(gateway, "hourglass_ladder_failures_total") > 0);
      talk(gateway);
      assertThat(metric(gateway, "hourglass_ladder_in_use")).isZero();
      assertThat(gateway.said()).containsOnlyOnce("Snapshots stay in memory only for a while");
    }
  }

  @Test
  void aFolderThatCannotBeMadeIsSaidAtTheStartAndStopsNoTurn() throws Exception {
    Files.createFile(folder.resolve("occupied"));
    try (GatewayProcess gateway = GatewayProcess.start(folder, model, ladder("occupied/cold"))) {
      talk(gateway);

      assertThat(gateway.said()).contains("retention.cold_folder: no snapshots go to disk");
      assertThat(metric(gateway, "hourglass_ladder_in_use")).isZero();
      assertThat(metric(gateway, "hourglass_ladder_demotions_total")).isZero();
    }
  }

  /** One conversation has room in the engine, three in memory, all of them on disk. */
  private String[] ladder(String coldFolder) {
    return new String[] {
      "--set", "engine.sequences=1",
      "--set", "retention.policy=lru",
      "--set", "retention.warm=2MiB",
      "--set", "retention.cold=64MiB",
      "--set", "retention.cold_folder=" + folder.resolve(coldFolder)
    };
  }

  /** Conversations take turns, so that each one's state has to go for the next. */
  private void talk(GatewayProcess gateway) throws IOException, InterruptedException {
    for (int number = 0; number < CONVERSATIONS; number++) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(gateway.base().resolve("/v1/chat/completions"))
                  .header("Content-Type", "application/json")
                  .timeout(Duration.ofSeconds(60))
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          """
                          {"messages":[{"role":"user","content":"%d %s"}],"max_tokens":4}\
                          """
                              .formatted(number, LONG_QUESTION)))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
  }

  /** A metric of the tier on disk. */
  private double metric(GatewayProcess gateway, String name)
      throws IOException, InterruptedException {
    URI metrics = gateway.base().resolve("/metrics");
    String text =
        http.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    String line = name + "{tier=\"cold\"} ";
    return text.lines()
        .filter(each -> each.startsWith(line))
        .mapToDouble(each -> Double.parseDouble(each.substring(line.length())))
        .findFirst()
        .orElseThrow();
  }

  private List<Path> files(String below, String suffix) throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve(below))) {
      return new ArrayList<>(
          all.filter(file -> !file.equals(folder.resolve(below)))
              .filter(file -> file.toString().endsWith(suffix))
              .toList());
    }
  }
}
