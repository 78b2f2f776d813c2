package dev.hourglass.app.bench.retention;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench retention}: the processor time of a decision, however many sessions. */
@Command(
    name = "retention",
    description = "Measures what a decision costs whose state goes, with many sessions.",
    mixinStandardHelpOptions = true)
public final class BenchRetentionCommand implements Callable<Integer> {
  private static final int MOST_SESSIONS = 10_000_000;

  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      split = ",",
      defaultValue = "1000,10000,100000",
      description = "Sessions that are known (default: ${DEFAULT-VALUE}).")
  private List<Integer> sessions = List.of();

  public BenchRetentionCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    for (int each : sessions) {
      OptionRange.require("--sessions", each, 1, MOST_SESSIONS);
    }
    RetentionBenchmark.Report report = new RetentionBenchmark(sessions).run();
    surroundings.out().println(json ? report.json() : report.table());
    return 0;
  }
}
