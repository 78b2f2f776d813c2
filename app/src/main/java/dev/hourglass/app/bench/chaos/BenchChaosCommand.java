package dev.hourglass.app.bench.chaos;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.OptionRange;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.app.host.TemporaryFolder;
import dev.hourglass.app.replay.trace.ReplayProgress;
import dev.hourglass.store.sqlite.SqliteSessionStore;
import dev.hourglass.store.sqlite.SqliteSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hourglass bench chaos}. */
@Command(
    name = "chaos",
    description =
        "Lets sessions talk to four endpoints that are killed, frozen, slowed and revived, and"
            + " prints what they noticed.",
    mixinStandardHelpOptions = true)
public final class BenchChaosCommand implements Callable<Integer> {
  private static final int MOST_SECONDS = 3_600;
  private static final int MOST_SESSIONS = 10_000;

  private final Surroundings surroundings;

  @Option(names = "--json", description = "Print one JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "180",
      description = "How long (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "500",
      description =
          "Conversations, each with a turn every ten seconds (default: ${DEFAULT-VALUE}).")
  private int sessions;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of turns and troubles (default: ${DEFAULT-VALUE}).")
  private long seed;

  public BenchChaosCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call()
      throws ExpectedFailure,
          IOException,
          InterruptedException,
          ExecutionException,
          TimeoutException {
    OptionRange.require("--seconds", seconds, 1, MOST_SECONDS);
    OptionRange.require("--sessions", sessions, 1, MOST_SESSIONS);
    ReplayProgress progress = new ReplayProgress(surroundings.err(), surroundings.terminal());
    try (TemporaryFolder folder = TemporaryFolder.create();
        SqliteSessionStore store =
            SqliteSessionStore.open(
                new SqliteSettings(
                    folder.path().resolve("sessions.db"),
                    SqliteSettings.Synchronous.NORMAL,
                    1_000,
                    SqliteSettings.DEFAULT_ERASURE_DELAY,
                    Duration.ofSeconds(10)))) {
      ChaosReport report =
          new ChaosBenchmark(
                  sessions,
                  seconds,
                  new SplittableRandom(seed),
                  store,
                  done -> progress.at(done, "chaos"))
              .run();
      progress.ended();
      if (json) {
        surroundings.out().println(report.json());
      } else {
        report.print(surroundings.out());
      }
    }
    return 0;
  }
}
