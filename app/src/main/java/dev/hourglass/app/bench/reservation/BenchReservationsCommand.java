package dev.hourglass.app.bench.reservation;

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
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code hourglass bench reservations}: what is left of reservations when the gateway is killed.
 */
@Command(
    name = "reservations",
    description =
        "Kills the gateway at random moments while clients reserve, and counts what it oversold or"
            + " lost.",
    mixinStandardHelpOptions = true)
public final class BenchReservationsCommand implements Callable<Integer> {
  private static final int MOST_KILLS = 100_000;

  private final Surroundings surroundings;
  private final String mainClass;
  private final InstantSource clock;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "100",
      description = "How often to kill it (default: ${DEFAULT-VALUE}).")
  private int kills;

  @Option(
      names = "--model",
      paramLabel = "REF",
      defaultValue = "default",
      description = "Model to serve (default: ${DEFAULT-VALUE}).")
  private String ref = "default";

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Where the dice begin (default: ${DEFAULT-VALUE}).")
  private long seed;

  /**
   * Creates the command.
   *
   * @param mainClass starts the gateway in a process of its own
   */
  public BenchReservationsCommand(
      Surroundings surroundings, String mainClass, InstantSource clock) {
    this.surroundings = surroundings;
    this.mainClass = mainClass;
    this.clock = clock;
  }

  @Override
  public Integer call()
      throws ExpectedFailure, ModelUnavailableException, IOException, InterruptedException {
    OptionRange.require("--kills", kills, 1, MOST_KILLS);
    ModelRef model = ModelRef.parse(ref);
    Path file =
        ModelCommand.store(surroundings)
            .obtain(
                model,
                new ProgressLine(
                    surroundings.err(), surroundings.terminal(), "Fetching " + model.text()));
    try (TemporaryFolder data = TemporaryFolder.create()) {
      KillReport report =
          new KillLoop(
                  mainClass, data.path(), file, kills, seed, clock, surroundings.err()::println)
              .run();
      surroundings.out().println(json ? report.json() : report.table());
      return report.clean() ? 0 : 1;
    }
  }
}
