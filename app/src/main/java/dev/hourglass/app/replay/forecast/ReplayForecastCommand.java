package dev.hourglass.app.replay.forecast;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.trace.ReplayProgress;
import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.app.replay.trace.TraceFormat;
import dev.hourglass.core.load.Horizon;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass replay forecast}. */
@Command(
    name = "forecast",
    description =
        "Forecast each signal of a trace 30, 60 and 120 s ahead, and print the errors of every"
            + " method beside the floor.",
    mixinStandardHelpOptions = true)
public final class ReplayForecastCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Option(names = "--trace", required = true, paramLabel = "FILE", description = "The trace.")
  private Path trace = Path.of("");

  @Option(
      names = "--format",
      required = true,
      paramLabel = "mooncake|azure",
      description = "The form it is in.")
  private TraceFormat format = TraceFormat.MOONCAKE;

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
  private boolean json;

  public ReplayForecastCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    ForecastReport report = new ForecastReport(trace.toString(), replay(format.read(trace)));
    if (json) {
      surroundings.out().println(report.json());
    } else {
      report.print(surroundings.out());
    }
    return 0;
  }

  private List<ForecastResult> replay(Trace read) throws ExpectedFailure {
    List<Signal> signals = Signal.of(read);
    requireTargets(read, signals);
    ReplayProgress progress = new ReplayProgress(surroundings.err(), surroundings.terminal());
    List<ForecastResult> results = new ArrayList<>();
    for (int index = 0; index < signals.size(); index++) {
      Signal signal = signals.get(index);
      double before = index;
      results.addAll(
          new ForecastReplay(read, signal)
              .run(done -> progress.at((before + done) / signals.size(), signal.name())));
    }
    progress.ended();
    return results;
  }

  /** A trace that ends before its last forecast can be judged says nothing. */
  private void requireTargets(Trace read, List<Signal> signals) throws ExpectedFailure {
    int needed =
        signals.stream().mapToInt(Signal::firstOrigin).max().orElseThrow()
            + Horizon.TWO_MINUTES.seconds();
    if (read.lastSecond() < needed) {
      throw new ExpectedFailure(
          "trace: "
              + trace
              + ": "
              + read.lastSecond()
              + " s long (expected: at least "
              + needed
              + " s, since forecasts are judged after a warm-up)");
    }
  }
}
