package dev.hourglass.app.bench.proxy;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.host.TemporaryFolder;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench proxy}: what the gateway costs in front of a remote engine. */
@Command(
    name = "proxy",
    description = "Compares no proxy, nginx and the gateway in front of the same remote engine.",
    mixinStandardHelpOptions = true)
public final class BenchProxyCommand implements Callable<Integer> {
  private final Surroundings surroundings;
  private final String mainClass;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Length of one load, 1 to 60 (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Seconds of load on each target before that, 1 to 60 (default: ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--nginx",
      paramLabel = "PROGRAM",
      defaultValue = "nginx",
      description = "The nginx to compare with (default: ${DEFAULT-VALUE}).")
  private String nginx = "nginx";

  /**
   * Creates the command.
   *
   * @param mainClass starts the gateway in a process of its own
   */
  public BenchProxyCommand(Surroundings surroundings, String mainClass) {
    this.surroundings = surroundings;
    this.mainClass = mainClass;
  }

  @Override
  public Integer call()
      throws ExpectedFailure,
          IOException,
          InterruptedException,
          ExecutionException,
          TimeoutException {
    OptionRange.require("--rounds", rounds, 1, 100);
    OptionRange.require("--seconds", seconds, 1, 60);
    OptionRange.require("--warm-up", warmUp, 1, 60);
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      ProxyReport report =
          new ProxyBenchmark(
                  new ProxyBenchmark.Settings(
                      rounds,
                      Duration.ofSeconds(seconds),
                      Duration.ofSeconds(warmUp),
                      nginx,
                      folder.path(),
                      mainClass),
                  System::nanoTime,
                  surroundings.err()::println)
              .run();
      surroundings.out().println(json ? report.json() : report.table());
    }
    return 0;
  }
}
