package dev.hourglass.app.bench.window;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench windows}: nanoseconds and bytes of an event in each kind of window. */
@Command(
    name = "windows",
    description = "Measures what an event costs in each kind of time window.",
    mixinStandardHelpOptions = true)
public final class BenchWindowsCommand implements Callable<Integer> {
  private static final int MOST_EVENTS = 100_000_000;
  private static final int MOST_ROUNDS = 1_000;

  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "Events of each round (default: ${DEFAULT-VALUE}).")
  private int events;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "7",
      description = "Rounds, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int rounds;

  public BenchWindowsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    OptionRange.require("--events", events, 1, MOST_EVENTS);
    OptionRange.require("--rounds", rounds, 1, MOST_ROUNDS);
    WindowBenchmark.Report report = new WindowBenchmark(events, rounds).run();
    surroundings.out().println(json ? report.json() : report.table());
    return 0;
  }
}
