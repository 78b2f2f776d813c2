package dev.hourglass.app.bench.overload;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench overload}: what is served of more than can be served. */
@Command(
    name = "overload",
    description =
        "Offers 1.1, 1.5 and 2 times the capacity to the gateway, to a static limit and to an"
            + " unbounded queue, on loopback; takes about three minutes.",
    mixinStandardHelpOptions = true)
public final class BenchOverloadCommand implements Callable<Integer> {
  private static final int LEAST_SECONDS = 5;
  private static final int MOST_SECONDS = 300;

  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "20",
      description = "For how long each load is offered, 5 to 300 (default: ${DEFAULT-VALUE}).")
  private int seconds;

  public BenchOverloadCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws IOException, InterruptedException, ExpectedFailure {
    OptionRange.require("--seconds", seconds, LEAST_SECONDS, MOST_SECONDS);
    OverloadReport report = new OverloadBenchmark(seconds, surroundings.err()::println).run();
    surroundings.out().println(json ? report.json() : report.table());
    return 0;
  }
}
