package dev.hourglass.app.bench.oversubscription;

import dev.hourglass.app.bench.oversubscription.OversubscriptionReport.Result;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.TemporaryFolder;
import dev.hourglass.app.replay.trace.ReplayProgress;
import dev.hourglass.core.residency.LadderLimits;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs each arm on the same plans, one after the other, each in a house of its own.
 *
 * <p>Time is compressed as far as it goes: gaps are left out. Retention is told the time of the
 * plan, and the engine computes as fast as it can, two turns at once.
 */
final class OversubscriptionBenchmark {
  private static final int HOT_TOKENS = 512;
  private static final int CONTEXT_TOKENS = 512;
  private static final int SEQUENCES = 16;
  private static final int TOKENS_OF_A_WAITING_SESSION = 110;
  private static final int WARM_TIMES = 2;
  private static final int COLD_TIMES = 8;
  private static final long SEED = 20_260_101;

  private final Path modelFile;
  private final Path nativeFolder;
  private final List<Integer> loads;
  private final int turns;
  private final ReplayProgress progress;

  OversubscriptionBenchmark(
      Path modelFile, Path nativeFolder, List<Integer> loads, int turns, ReplayProgress progress) {
    this.modelFile = modelFile;
    this.nativeFolder = nativeFolder;
    this.loads = List.copyOf(loads);
    this.turns = turns;
    this.progress = progress;
  }

  OversubscriptionReport run() throws IOException, InterruptedException, ExpectedFailure {
    LlamaSettings engine =
        LlamaSettings.of(modelFile, "oversubscribed", nativeFolder)
            .withContextTokens(CONTEXT_TOKENS)
            .withKvTokens(HOT_TOKENS)
            .withMaxSequences(SEQUENCES)
            // Two would wait for each other wherever anybody else computes.
            .withThreads(ComputeThreads.of(1));
    at(0, "restores");
    RestoreTimes restores = new RestoreTimes(engine);
    List<RestoreTimes.Row> rows = restores.measure();
    long hotBytes = HOT_TOKENS * restores.bytesPerToken();
    List<Result> results = new ArrayList<>();
    int runs = loads.size() * Arm.values().length;
    for (int load : loads) {
      double rate =
          (double) load * HOT_TOKENS / TOKENS_OF_A_WAITING_SESSION / SessionPlan.WAITING_BY_RATE;
      List<SessionPlan> plans = SessionPlan.draw(rate, turns, SEED);
      for (Arm arm : Arm.values()) {
        LadderLimits limits =
            arm.ladder()
                ? new LadderLimits(WARM_TIMES * hotBytes, COLD_TIMES * hotBytes)
                : new LadderLimits(0, 0);
        int before = results.size();
        try (TemporaryFolder data = TemporaryFolder.create();
            OversubscribedHouse house =
                new OversubscribedHouse(arm.policy(), engine, limits, data.path())) {
          results.add(
              new OversubscriptionRun(house, plans, turns)
                  .run(load, arm, done -> at((before + done) / runs, load + " x, " + arm.label())));
        }
      }
    }
    progress.ended();
    return new OversubscriptionReport(
        String.valueOf(modelFile.getFileName()),
        HOT_TOKENS,
        restores.bytesPerToken(),
        turns,
        results,
        rows);
  }

  private void at(double done, String part) {
    progress.at(done, part);
  }
}
