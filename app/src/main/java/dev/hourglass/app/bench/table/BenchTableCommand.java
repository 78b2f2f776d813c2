package dev.hourglass.app.bench.table;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench table}: memory, touches and mass expiry of a million sessions. */
@Command(
    name = "table",
    description = "Measures the table of sessions beside a Caffeine cache with variable expiry.",
    mixinStandardHelpOptions = true)
public final class BenchTableCommand implements Callable<Integer> {
  private static final int MOST_SESSIONS = 10_000_000;

  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "Live sessions (default: ${DEFAULT-VALUE}).")
  private int sessions;

  @Option(
      names = "--expiring",
      paramLabel = "N",
      defaultValue = "100000",
      description = "How many of them expire at once (default: ${DEFAULT-VALUE}).")
  private int expiring;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds in which all take turns (default: ${DEFAULT-VALUE}).")
  private int rounds;

  public BenchTableCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    OptionRange.require("--sessions", sessions, 1, MOST_SESSIONS);
    OptionRange.require("--expiring", expiring, 1, sessions);
    OptionRange.require("--rounds", rounds, 1, 100);
    TableReport report =
        new TableBenchmark(sessions, expiring, rounds, surroundings.err()::println).run();
    surroundings.out().println(json ? report.json() : report.text());
    return 0;
  }
}
