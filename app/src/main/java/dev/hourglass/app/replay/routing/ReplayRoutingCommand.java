package dev.hourglass.app.replay.routing;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.replay.routing.SimulatedEndpoint.Fleet;
import dev.hourglass.app.replay.trace.ReplayProgress;
import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.app.replay.trace.TraceFormat;
import dev.hourglass.core.routing.RoutingStrategy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass replay routing}. */
@Command(
    name = "routing",
    description =
        "Serve a trace with several simulated endpoints, and print for each routing strategy how"
            + " much of the prompts was cached, how even the load was and how long requests waited.",
    mixinStandardHelpOptions = true)
public final class ReplayRoutingCommand implements Callable<Integer> {
  private static final int MOST = 1_000_000;

  private final Surroundings surroundings;

  @Option(names = "--trace", required = true, paramLabel = "FILE", description = "The trace.")
  private Path trace = Path.of("");

  @Option(
      names = "--format",
      required = true,
      paramLabel = "mooncake|azure",
      description = "The form it is in; without block hashes nothing is ever cached.")
  private TraceFormat format = TraceFormat.MOONCAKE;

  @Option(
      names = "--endpoints",
      paramLabel = "N",
      defaultValue = "4",
      description = "Endpoints (default: ${DEFAULT-VALUE}).")
  private int endpoints;

  @Option(
      names = "--slots",
      paramLabel = "N",
      defaultValue = "10",
      description = "Requests that an endpoint serves at once (default: ${DEFAULT-VALUE}).")
  private int slots;

  @Option(
      names = "--kv-blocks",
      paramLabel = "N",
      defaultValue = "5000",
      description =
          "KV memory of an endpoint, in blocks of 512 tokens (default: ${DEFAULT-VALUE}).")
  private int kvBlocks;

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
  private boolean json;

  public ReplayRoutingCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws ExpectedFailure {
    OptionRange.require("--endpoints", endpoints, 1, 1_000);
    OptionRange.require("--slots", slots, 1, MOST);
    OptionRange.require("--kv-blocks", kvBlocks, 1, MOST);
    Fleet fleet = new Fleet(endpoints, slots, kvBlocks);
    RoutingReport report =
        new RoutingReport(trace.toString(), fleet, replay(format.read(trace), fleet));
    if (json) {
      surroundings.out().println(report.json());
    } else {
      report.print(surroundings.out());
    }
    return 0;
  }

  private List<RoutingResult> replay(Trace read, Fleet fleet) {
    ReplayProgress progress = new ReplayProgress(surroundings.err(), surroundings.terminal());
    List<RoutingResult> results = new ArrayList<>();
    RoutingStrategy[] strategies = RoutingStrategy.values();
    for (int index = 0; index < strategies.length; index++) {
      RoutingStrategy strategy = strategies[index];
      double before = index;
      results.add(
          new RoutingReplay(read, strategy, fleet)
              .run(done -> progress.at((before + done) / strategies.length, strategy.wireName())));
    }
    progress.ended();
    return results;
  }
}
