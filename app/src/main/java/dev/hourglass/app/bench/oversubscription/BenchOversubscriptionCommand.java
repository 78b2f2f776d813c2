package dev.hourglass.app.bench.oversubscription;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.model.ModelCommand;
import dev.hourglass.app.model.ModelRef;
import dev.hourglass.app.model.ModelUnavailableException;
import dev.hourglass.app.model.ProgressLine;
import dev.hourglass.app.replay.trace.ReplayProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench oversubscription}: what is computed again when not all fits. */
@Command(
    name = "oversubscription",
    description =
        "Serves sessions that need 2 and 4 times the engine's KV cells: lru without and with the"
            + " ladder below the engine, and value with it, on the same plan.",
    mixinStandardHelpOptions = true)
public final class BenchOversubscriptionCommand implements Callable<Integer> {
  private static final int QUICK_TURNS = 30;
  private static final int MOST_TURNS = 100_000;
  private static final int MOST_LOAD = 100;

  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(names = "--quick", description = "Few turns: a look, not a measurement.")
  private boolean quick;

  @Option(
      names = "--turns",
      paramLabel = "N",
      defaultValue = "200",
      description = "Turns of each run, three runs for each load (default: ${DEFAULT-VALUE}).")
  private int turns;

  @Option(
      names = "--load",
      paramLabel = "N",
      split = ",",
      defaultValue = "2,4",
      description =
          "Context tokens of the conversations under way, in multiples of the engine's cells"
              + " (default: ${DEFAULT-VALUE}).")
  private List<Integer> loads = List.of();

  @Option(
      names = "--model",
      paramLabel = "REF",
      defaultValue = "default",
      description = "Model to measure with (default: ${DEFAULT-VALUE}).")
  private String ref = "default";

  public BenchOversubscriptionCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call()
      throws IOException, InterruptedException, ExpectedFailure, ModelUnavailableException {
    OptionRange.require("--turns", turns, 1, MOST_TURNS);
    for (int load : loads) {
      OptionRange.require("--load", load, 1, MOST_LOAD);
    }
    ModelRef model = ModelRef.parse(ref);
    Path file =
        ModelCommand.store(surroundings)
            .obtain(
                model,
                new ProgressLine(
                    surroundings.err(), surroundings.terminal(), "Fetching " + model.text()));
    ReplayProgress progress = new ReplayProgress(surroundings.err(), surroundings.terminal());
    OversubscriptionReport report =
        new OversubscriptionBenchmark(
                file,
                surroundings.folders().cache().resolve("native"),
                loads,
                quick ? QUICK_TURNS : turns,
                progress)
            .run();
    surroundings.out().println(json ? report.json() : report.table());
    return 0;
  }
}
