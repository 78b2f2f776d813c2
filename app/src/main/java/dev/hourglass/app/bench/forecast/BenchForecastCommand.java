package dev.hourglass.app.bench.forecast;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench forecast}: the processor time of one five-second tick. */
@Command(
    name = "forecast",
    description = "Measures the processor time in which every signal is foreseen once.",
    mixinStandardHelpOptions = true)
public final class BenchForecastCommand implements Callable<Integer> {
  private static final int MOST_SERIES = 100_000;
  private static final int MOST_TICKS = 100_000;

  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--series",
      paramLabel = "N",
      defaultValue = "100",
      description = "Series to foresee (default: ${DEFAULT-VALUE}).")
  private int series;

  @Option(
      names = "--ticks",
      paramLabel = "N",
      defaultValue = "500",
      description = "Ticks to measure (default: ${DEFAULT-VALUE}).")
  private int ticks;

  public BenchForecastCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    OptionRange.require("--series", series, 1, MOST_SERIES);
    OptionRange.require("--ticks", ticks, 1, MOST_TICKS);
    ForecastBenchmark.Report report = new ForecastBenchmark(series, ticks).run();
    surroundings.out().println(json ? report.json() : report.table());
    return 0;
  }
}
