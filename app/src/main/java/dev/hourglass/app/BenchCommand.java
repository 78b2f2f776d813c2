package dev.hourglass.app;

import dev.hourglass.app.bench.chaos.BenchChaosCommand;
import dev.hourglass.app.bench.destruction.BenchDestructionCommand;
import dev.hourglass.app.bench.forecast.BenchForecastCommand;
import dev.hourglass.app.bench.overload.BenchOverloadCommand;
import dev.hourglass.app.bench.oversubscription.BenchOversubscriptionCommand;
import dev.hourglass.app.bench.proxy.BenchCancelCommand;
import dev.hourglass.app.bench.proxy.BenchProxyCommand;
import dev.hourglass.app.bench.reservation.BenchReservationsCommand;
import dev.hourglass.app.bench.retention.BenchRetentionCommand;
import dev.hourglass.app.bench.table.BenchTableCommand;
import dev.hourglass.app.bench.window.BenchWindowsCommand;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.model.ModelCommand;
import dev.hourglass.app.model.ModelRef;
import dev.hourglass.app.model.ModelUnavailableException;
import dev.hourglass.app.model.ProgressLine;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.bench.BenchmarkReport;
import dev.hourglass.engine.llama.bench.EngineBenchmark;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench}: measurements that anybody can repeat. */
@Command(
    name = "bench",
    description = "Measure a part of Hourglass, in ratios that anybody can see again.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class BenchCommand {
  private final Surroundings surroundings;

  private BenchCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  static CommandLine commandLine(Surroundings surroundings) {
    return new CommandLine(new BenchCommand(surroundings))
        .addSubcommand(new BenchOverloadCommand(surroundings))
        .addSubcommand(new BenchForecastCommand(surroundings))
        .addSubcommand(new BenchDestructionCommand(surroundings))
        .addSubcommand(new BenchWindowsCommand(surroundings))
        .addSubcommand(new BenchTableCommand(surroundings))
        .addSubcommand(new BenchRetentionCommand(surroundings))
        .addSubcommand(new BenchOversubscriptionCommand(surroundings))
        .addSubcommand(new BenchProxyCommand(surroundings, Main.class.getName()))
        .addSubcommand(new BenchCancelCommand(surroundings, Main.class.getName()))
        .addSubcommand(new BenchChaosCommand(surroundings))
        .addSubcommand(
            new BenchReservationsCommand(
                surroundings, Main.class.getName(), InstantSource.system()));
  }

  @Command(
      name = "engine",
      description =
          "Compares the engine with the binding's own, in turns, on the same model and threads.",
      mixinStandardHelpOptions = true)
  int engine(
      @Option(names = "--json", description = "Print one JSON object instead of a table.")
          boolean json,
      @Option(
              names = "--model",
              paramLabel = "REF",
              defaultValue = "default",
              description = "Model to measure with (default: ${DEFAULT-VALUE}).")
          String ref,
      @Option(
              names = "--threads",
              paramLabel = "N",
              defaultValue = "0",
              description =
                  "Threads that compute; 0 takes one for each processor, and half of them for a"
                      + " single token (default: 0).")
          int threads,
      @Option(
              names = "--rounds",
              paramLabel = "N",
              defaultValue = "5",
              description = "Rounds, of which the median counts (default: ${DEFAULT-VALUE}).")
          int rounds)
      throws ModelUnavailableException, InterruptedException {
    Path file = model(ref);
    EngineBenchmark.Settings settings =
        new EngineBenchmark.Settings(
            file,
            surroundings.folders().cache().resolve("native"),
            threads == 0
                ? ComputeThreads.forProcessors(Runtime.getRuntime().availableProcessors())
                : ComputeThreads.of(threads),
            rounds);
    BenchmarkReport report = new EngineBenchmark(settings, surroundings.err()::println).run();
    surroundings.out().println(json ? report.json() : report.table());
    return 0;
  }

  @Command(
      name = "start",
      description = "Measures the time until serve is ready, with and without the class cache.",
      mixinStandardHelpOptions = true)
  int start(
      @Option(names = "--json", description = "Print one JSON object instead of a table.")
          boolean json,
      @Option(
              names = "--model",
              paramLabel = "REF",
              defaultValue = "default",
              description = "Model to start with (default: ${DEFAULT-VALUE}).")
          String ref,
      @Option(
              names = "--rounds",
              paramLabel = "N",
              defaultValue = "5",
              description = "Rounds, of which the median counts (default: ${DEFAULT-VALUE}).")
          int rounds)
      throws ModelUnavailableException, ExpectedFailure, IOException, InterruptedException {
    if (rounds < 1) {
      throw new ExpectedFailure("--rounds: " + rounds + " (expected: at least 1)");
    }
    // The launcher makes the class cache beside the jar.
    Path classCache =
        Path.of(System.getProperty("java.class.path")).resolveSibling("hourglass.aot");
    StartBenchmark.Report report =
        new StartBenchmark(classCache, model(ref), rounds, surroundings.err()::println).run();
    surroundings.out().println(json ? report.json() : report.table());
    return 0;
  }

  private Path model(String ref) throws ModelUnavailableException, InterruptedException {
    ModelRef model = ModelRef.parse(ref);
    return ModelCommand.store(surroundings)
        .obtain(
            model,
            new ProgressLine(
                surroundings.err(), surroundings.terminal(), "Fetching " + model.text()));
  }
}
