package dev.hourglass.app;

import dev.hourglass.app.config.ConfigOptions;
import dev.hourglass.app.config.HourglassConfig;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.host.TemporaryFolder;
import dev.hourglass.app.model.ModelCommand;
import dev.hourglass.app.model.ModelRef;
import dev.hourglass.server.HourglassServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code hourglass rehearse}: one short life of the gateway, beside the real one and without a
 * trace of it. The launcher runs it in the background after a build, for Java to write down which
 * classes a start needs; later starts read that instead of finding out again.
 */
@Command(
    name = "rehearse",
    description = "Lives through one start, one answer and one end, for the class cache.",
    hidden = true,
    mixinStandardHelpOptions = true)
final class RehearseCommand implements Callable<Integer> {
  private static final String TURN =
      """
      {"messages":[{"role":"user","content":"Hello"}],"max_tokens":4,"stream":true}\
      """;

  private final Surroundings surroundings;

  @Mixin private final ConfigOptions options = new ConfigOptions();

  RehearseCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure, IOException, InterruptedException {
    try (TemporaryFolder data = TemporaryFolder.create()) {
      rehearse(data.path());
    }
    return 0;
  }

  private void rehearse(Path data) throws ExpectedFailure, IOException, InterruptedException {
    ShutdownOrder shutdown = new ShutdownOrder();
    try {
      HourglassConfig config =
          options.load(
              surroundings,
              Map.of(
                  "server.host", "127.0.0.1",
                  "server.port", "0",
                  "keys", "",
                  "upstream.urls", "",
                  "store.folder", data.toString(),
                  "engine.context_tokens", "256",
                  "engine.kv_tokens", "512"));
      Path model =
          ModelCommand.store(surroundings)
              .find(ModelRef.parse(config.model().ref()))
              .orElseThrow(() -> new ExpectedFailure("no model is here to rehearse with"));
      Main main = Main.of(config, surroundings, shutdown);
      HourglassServer server = main.listen();
      main.open(server, Optional.of(model));
      ask(server.port());
    } finally {
      shutdown.run();
    }
  }

  private static void ask(int port) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(TURN))
              .build(),
          BodyHandlers.discarding());
    }
  }
}
