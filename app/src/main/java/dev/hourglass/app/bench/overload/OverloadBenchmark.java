package dev.hourglass.app.bench.overload;

import dev.hourglass.app.bench.overload.OverloadReport.Recovery;
import dev.hourglass.app.bench.overload.OverloadReport.Row;
import dev.hourglass.app.bench.overload.OverloadRun.Answer;
import dev.hourglass.app.bench.overload.OverloadRun.Arrival;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.TemporaryFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Offers the same arrivals to three gateways side by side, each before an engine of its own whose
 * capacity is known, and counts what came of them.
 *
 * <p>Arrivals are Poisson, with a fixed seed; turns take 250 to 750 ms, all lengths alike. Goodput
 * counts answers that were whole between the third second and the last arrival and began within 2.5
 * s of the attempt that was let in; the ideal is slots × time ÷ mean service, as the engine
 * measured it.
 */
final class OverloadBenchmark {
  static final double OBJECTIVE_SECONDS = 2.5;
  private static final double[] LOADS = {1.1, 1.5, 2.0};
  private static final int SLOTS = 16;
  private static final int LEAST_TOKENS = 25;
  private static final int MOST_TOKENS = 75;
  private static final double MEAN_SERVICE_SECONDS =
      (LEAST_TOKENS + MOST_TOKENS) / 2.0 * PacedEngine.MILLIS_PER_TOKEN / 1e3;
  private static final double FILLED_SECONDS = 3;

  /** Every hint within the horizon has come due by then. */
  private static final double AFTERMATH_SECONDS = 18;

  private static final double QUIET_LOAD = 0.8;
  private static final double SPIKE_LOAD = 1.4;
  private static final double SPIKE_FROM_SECONDS = 8;
  private static final double SPIKE_SECONDS = 10;
  private static final double AFTER_SPIKE_SECONDS = 35;
  private static final long SEED = 41;

  private final int seconds;
  private final Consumer<String> progress;

  /**
   * @param seconds for which each load is offered
   */
  OverloadBenchmark(int seconds, Consumer<String> progress) {
    this.seconds = seconds;
    this.progress = progress;
  }

  OverloadReport run() throws IOException, InterruptedException, ExpectedFailure {
    warmUp();
    List<Row> rows = new ArrayList<>();
    for (double load : LOADS) {
      progress.accept("offering " + load + " times the capacity for " + seconds + " s …");
      List<Arrival> arrivals = new ArrayList<>();
      poisson(arrivals, new SplittableRandom(SEED), load, 0, seconds);
      offer(arrivals, seconds + AFTERMATH_SECONDS)
          .forEach((policy, outcome) -> rows.add(row(load, policy, outcome)));
    }
    progress.accept("offering a spike of " + SPIKE_LOAD + " times the capacity …");
    return new OverloadReport(SLOTS, seconds, rows, recoveries());
  }

  /** Just-in-time compilation is not what is measured. */
  private void warmUp() throws IOException, InterruptedException, ExpectedFailure {
    progress.accept("warming up …");
    List<Arrival> arrivals = new ArrayList<>();
    poisson(arrivals, new SplittableRandom(SEED), 1.5, 0, 5);
    offer(arrivals, 6);
  }

  private static void poisson(
      List<Arrival> arrivals, SplittableRandom random, double load, double from, double to) {
    double perSecond = load * SLOTS / MEAN_SERVICE_SECONDS;
    for (double at = from + random.nextExponential() / perSecond;
        at < to;
        at += random.nextExponential() / perSecond) {
      arrivals.add(new Arrival(arrivals.size(), at, random.nextInt(LEAST_TOKENS, MOST_TOKENS + 1)));
    }
  }

  /** What came of one run. */
  private record Outcome(
      List<Answer> answers,
      double meanServiceSeconds,
      OptionalDouble hintHitRatio,
      OptionalDouble rejectionPrecision) {}

  private static Map<Policy, Outcome> offer(List<Arrival> arrivals, double seconds)
      throws IOException, InterruptedException, ExpectedFailure {
    Map<Policy, OverloadHouse> houses = new EnumMap<>(Policy.class);
    Map<Policy, OverloadRun> runs = new EnumMap<>(Policy.class);
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      try {
        for (Policy policy : Policy.values()) {
          OverloadHouse house = new OverloadHouse(policy, SLOTS, folder.path());
          houses.put(policy, house);
          runs.put(policy, new OverloadRun(house));
        }
        runs.values().forEach(run -> run.begin(arrivals));
        // Nothing counts this down: it is how long the run lasts.
        var _ = new CountDownLatch(1).await((long) (seconds * 1e3), TimeUnit.MILLISECONDS);
        Map<Policy, Outcome> outcomes = new EnumMap<>(Policy.class);
        for (Map.Entry<Policy, OverloadRun> run : runs.entrySet()) {
          if (!run.getValue().failures().isEmpty()) {
            throw new ExpectedFailure(
                run.getKey().label()
                    + ": a request failed: "
                    + run.getValue().failures().getFirst());
          }
          outcomes.put(
              run.getKey(),
              new Outcome(
                  run.getValue().answers(),
                  run.getValue().meanServiceSeconds(),
                  run.getValue().hintHitRatio(),
                  run.getValue().rejectionPrecision()));
        }
        return outcomes;
      } finally {
        runs.values().forEach(OverloadRun::close);
        for (OverloadHouse house : houses.values()) {
          house.close();
        }
      }
    }
  }

  private Row row(double load, Policy policy, Outcome outcome) {
    long good =
        outcome.answers.stream()
            .filter(
                answer -> answer.endSeconds() >= FILLED_SECONDS && answer.endSeconds() < seconds)
            .filter(answer -> answer.waitSeconds() <= OBJECTIVE_SECONDS)
            .count();
    double ideal = SLOTS * (seconds - FILLED_SECONDS) / outcome.meanServiceSeconds;
    double[] delays = outcome.answers.stream().mapToDouble(Answer::delaySeconds).sorted().toArray();
    return new Row(
        load,
        policy,
        good / ideal,
        outcome.hintHitRatio,
        outcome.rejectionPrecision,
        delays.length == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of(delays[(int) (0.99 * (delays.length - 1))]));
  }

  /** From the end of the spike to the last newcomer whose first text took longer than it should. */
  private static List<Recovery> recoveries()
      throws IOException, InterruptedException, ExpectedFailure {
    List<Arrival> arrivals = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(SEED);
    double spikeEnd = SPIKE_FROM_SECONDS + SPIKE_SECONDS;
    double end = spikeEnd + AFTER_SPIKE_SECONDS;
    poisson(arrivals, random, QUIET_LOAD, 0, SPIKE_FROM_SECONDS);
    poisson(arrivals, random, SPIKE_LOAD, SPIKE_FROM_SECONDS, spikeEnd);
    poisson(arrivals, random, QUIET_LOAD, spikeEnd, end);
    List<Recovery> recoveries = new ArrayList<>();
    offer(arrivals, end + 1)
        .forEach((policy, outcome) ->
            recoveries.add(
                new Recovery(
                    policy,
                    outcome.answers.stream()
                        .filter(answer -> answer.cameSeconds() >= spikeEnd)
                        .filter(answer -> answer.delaySeconds() > OBJECTIVE_SECONDS)
                        .mapToDouble(answer -> answer.cameSeconds() - spikeEnd)
                        .max()
                        .orElse(0))));
    return recoveries;
  }
}
