package dev.hourglass.app.bench.destruction;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.host.TemporaryFolder;
import dev.hourglass.app.model.ModelCommand;
import dev.hourglass.app.model.ModelRef;
import dev.hourglass.app.model.ModelUnavailableException;
import dev.hourglass.app.model.ProgressLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code hourglass bench destruction}: what it takes to end sessions, one by one and all at once.
 */
@Command(
    name = "destruction",
    description =
        "Destroys sessions of the embedded engine and times each stage; then destroys many at once"
            + " beside traffic, and counts the receipts.",
    mixinStandardHelpOptions = true)
public final class BenchDestructionCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--model",
      paramLabel = "REF",
      defaultValue = "default",
      description = "Model of the embedded engine (default: ${DEFAULT-VALUE}).")
  private String ref = "default";

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "100",
      description = "Sessions to destroy one by one (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--storm",
      paramLabel = "N",
      defaultValue = "50000",
      description = "Sessions to destroy at once (default: ${DEFAULT-VALUE}).")
  private int storm;

  @Option(
      names = "--explicit-percent",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Share of those that are explicit, and so in the durable store (default:"
              + " ${DEFAULT-VALUE}).")
  private int explicitPercent;

  public BenchDestructionCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call()
      throws ExpectedFailure, ModelUnavailableException, IOException, InterruptedException {
    OptionRange.require("--rounds", rounds, 1, 10_000);
    OptionRange.require("--storm", storm, 1, 100_000);
    OptionRange.require("--explicit-percent", explicitPercent, 0, 100);
    Path model =
        ModelCommand.store(surroundings)
            .obtain(
                ModelRef.parse(ref),
                new ProgressLine(surroundings.err(), surroundings.terminal(), "Fetching " + ref));
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      Path natives = surroundings.folders().cache().resolve("native");
      surroundings.err().println("destroying " + rounds + " sessions one by one …");
      StageTimes one = new StageBenchmark(model, natives, folder.path(), rounds).run();
      surroundings.err().println("destroying " + storm + " sessions at once …");
      StormResult all = new StormBenchmark(folder.path(), storm, explicitPercent).run();
      DestructionReport report = new DestructionReport(ref, one, all);
      surroundings.out().println(json ? report.json() : report.table());
    }
    return 0;
  }
}
