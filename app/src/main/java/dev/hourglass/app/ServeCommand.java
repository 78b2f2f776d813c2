package dev.hourglass.app;

import dev.hourglass.app.config.ConfigOptions;
import dev.hourglass.app.config.HourglassConfig;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.model.ModelCommand;
import dev.hourglass.app.model.ModelRef;
import dev.hourglass.app.model.ModelUnavailableException;
import dev.hourglass.app.model.ProgressLine;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.server.HourglassServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code hourglass serve}: runs the gateway until it is told to stop. */
@Command(
    name = "serve",
    description = "Start the gateway on a real language model.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  private static final Set<String> ANY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");

  private final Surroundings surroundings;

  @Mixin private final ConfigOptions options = new ConfigOptions();

  ServeCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure, ModelUnavailableException, InterruptedException {
    HourglassConfig config = options.load(surroundings);
    // Read by logback.xml when the first logger is made.
    System.setProperty("hourglass.log.level", config.logLevel().name());
    ShutdownOrder shutdown = new ShutdownOrder();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(shutdown), "shutdown"));
    Main main =
        options
            .file(surroundings)
            .map(file ->
                Main.following(
                    file, () -> options.load(surroundings), config, surroundings, shutdown))
            .orElseGet(() -> Main.of(config, surroundings, shutdown));
    try {
      options.file(surroundings).ifPresent(file -> say("Configuration: " + file));
      HourglassServer server = main.listen();
      if (config.standsInFront()) {
        say("In front of " + String.join(", ", servers(config)) + " …");
        main.open(server, Optional.empty());
      } else {
        Path file = modelFile(ModelRef.parse(config.model().ref()));
        say("Loading " + Settings.modelName(file) + " …");
        main.open(server, Optional.of(file));
      }
      announce(config.server(), server.port());
    } catch (IOException | SessionStoreException failed) {
      shutdown.run();
      throw new ExpectedFailure(String.valueOf(failed.getMessage()), failed);
    } catch (ExpectedFailure | ModelUnavailableException | RuntimeException failed) {
      shutdown.run();
      throw failed;
    }
    shutdown.await();
    return 0;
  }

  private static List<String> servers(HourglassConfig config) {
    List<String> servers = new ArrayList<>(config.upstream().urls());
    config.pools().forEach(pool -> pool.servers().forEach(server -> servers.add(server.url())));
    return servers;
  }

  private Path modelFile(ModelRef model) throws ModelUnavailableException, InterruptedException {
    return ModelCommand.store(surroundings)
        .obtain(
            model,
            new ProgressLine(
                surroundings.err(), surroundings.terminal(), "Fetching the model " + model.text()));
  }

  private void announce(HourglassConfig.Server listening, int port) {
    String host = listening.host();
    String shown = ANY_ADDRESS.contains(host) ? "127.0.0.1" : host;
    String scheme = listening.tlsCertificate() == null ? "http://" : "https://";
    String base = scheme + (shown.contains(":") ? "[" + shown + "]" : shown) + ":" + port;
    say(
        String.format(
            Locale.ROOT,
            """
            Hourglass is ready: %1$s
              console   %1$s/
              API       %1$s/v1   (any OpenAI client)
              terminal  ./hourglass chat%2$s
              stop      Ctrl-C\
            """,
            base,
            port == 8080 ? "" : " --url " + base));
  }

  private void stop(ShutdownOrder shutdown) {
    try {
      if (shutdown.isOpen()) {
        say("Stopping; running answers may finish …");
      }
      shutdown.run();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void say(String line) {
    surroundings.out().println(line);
    surroundings.out().flush();
  }
}
