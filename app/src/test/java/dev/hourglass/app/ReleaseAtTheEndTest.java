package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.app.config.ConfigLoader;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.server.HourglassServer;
import dev.hourglass.testkit.upstream.LlamaDialect;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReleaseAtTheEndTest {
  @Test
  void whatOtherServersHoldIsReleasedWhenTheProgramEnds(@TempDir Path folder) throws Exception {
    LlamaDialect slots = LlamaDialect.of("m", 2);
    ShutdownOrder shutdown = new ShutdownOrder();
    try (ScriptedUpstream upstream = ScriptedUpstream.speaking(slots);
        HttpClient http = HttpClient.newHttpClient()) {
      URI base = serving(upstream, folder, shutdown);
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(base.resolve("/v1/chat/completions"))
                  .header("Content-Type", "application/json")
                  .POST(
                      BodyPublishers.ofString(
                          "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.body()).contains("[DONE]");
      assertThat(slots.held(0) + slots.held(1)).isPositive();

      shutdown.run();

      assertThat(slots.held(0) + slots.held(1)).isZero();
    } finally {
      shutdown.run();
    }
  }

  private static URI serving(ScriptedUpstream upstream, Path folder, ShutdownOrder shutdown)
      throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("hourglass.yaml"),
            "pools:\n  - name: only\n    endpoints:\n      - url: " + upstream.base() + "\n");
    PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
    Surroundings surroundings =
        new Surroundings(Map.of(), folder, InputStream.nullInputStream(), nowhere, nowhere, false);
    Main main =
        Main.of(
            new ConfigLoader(Map.of(), folder.resolve("data"))
                .load(file, Map.of("server.host", "127.0.0.1", "server.port", "0")),
            surroundings,
            shutdown);
    HourglassServer server = main.listen();
    main.open(server, Optional.empty());
    return URI.create("http://127.0.0.1:" + server.port());
  }
}
