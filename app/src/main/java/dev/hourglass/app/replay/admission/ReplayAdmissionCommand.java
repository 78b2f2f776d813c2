package dev.hourglass.app.replay.admission;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.trace.ReplayProgress;
import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.app.replay.trace.TraceFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass replay admission}. */
@Command(
    name = "admission",
    description =
        "Run a trace against the gateway's admission and against others, in virtual time, and print"
            + " which hints came true and who was served.",
    mixinStandardHelpOptions = true)
public final class ReplayAdmissionCommand implements Callable<Integer> {
  private static final double LEAST_LOAD = 0.01;
  private static final double MOST_LOAD = 10;

  private final Surroundings surroundings;

  @Option(names = "--trace", required = true, paramLabel = "FILE", description = "The trace.")
  private Path trace = Path.of("");

  @Option(
      names = "--format",
      required = true,
      paramLabel = "mooncake|azure",
      description = "The form it is in.")
  private TraceFormat format = TraceFormat.AZURE;

  @Option(
      names = "--load",
      split = ",",
      paramLabel = "LOAD",
      defaultValue = "0.88,0.95,1.12",
      description =
          "Requests in service on average, divided by the slots there are (default:"
              + " ${DEFAULT-VALUE}).")
  private List<Double> loads = List.of();

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
  private boolean json;

  public ReplayAdmissionCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    for (double load : loads) {
      if (!(load >= LEAST_LOAD && load <= MOST_LOAD)) {
        throw new ExpectedFailure(
            "--load: " + load + " (expected: " + LEAST_LOAD + " to " + MOST_LOAD + ")");
      }
    }
    AdmissionReport report = new AdmissionReport(trace.toString(), replay(read()));
    if (json) {
      surroundings.out().println(report.json());
    } else {
      report.print(surroundings.out());
    }
    return 0;
  }

  private Trace read() throws ExpectedFailure {
    Trace read = format.read(trace);
    if (read.requests().getLast().arrivalSeconds() <= 0) {
      throw new ExpectedFailure(
          "trace: " + trace + ": all at one moment (expected: requests over some time)");
    }
    return read;
  }

  private List<AdmissionResult> replay(Trace read) {
    ReplayProgress progress = new ReplayProgress(surroundings.err(), surroundings.terminal());
    List<AdmissionResult> results = new ArrayList<>();
    double all = loads.size() * Strategy.values().length;
    for (double load : loads) {
      for (Strategy strategy : Strategy.values()) {
        progress.at(results.size() / all, strategy.label());
        results.add(new AdmissionReplay(read, load, strategy).run());
      }
    }
    progress.ended();
    return results;
  }
}
