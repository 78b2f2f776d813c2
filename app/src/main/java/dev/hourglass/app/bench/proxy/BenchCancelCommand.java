package dev.hourglass.app.bench.proxy;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.host.TemporaryFolder;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench cancel}: how soon a server stops for a client that left. */
@Command(
    name = "cancel",
    description = "Measures how soon a server is told that a streaming client has left.",
    mixinStandardHelpOptions = true)
public final class BenchCancelCommand implements Callable<Integer> {
  private final Surroundings surroundings;
  private final String mainClass;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "200",
      description = "Clients that leave, one after another (default: ${DEFAULT-VALUE}).")
  private int clients;

  /**
   * Creates the command.
   *
   * @param mainClass starts the gateway in a process of its own
   */
  public BenchCancelCommand(Surroundings surroundings, String mainClass) {
    this.surroundings = surroundings;
    this.mainClass = mainClass;
  }

  @Override
  public Integer call() throws ExpectedFailure, IOException, InterruptedException {
    OptionRange.require("--clients", clients, 1, 100_000);
    try (TemporaryFolder folder = TemporaryFolder.create();
        StallingServer upstream = new StallingServer();
        ProxyTarget gateway = ProxyTarget.hourglass(upstream.port(), folder.path(), mainClass)) {
      CancelBenchmark.Report report = new CancelBenchmark(upstream).run(gateway.port(), clients);
      surroundings.out().println(json ? report.json() : report.text());
    }
    return 0;
  }
}
