package dev.hourglass.app.bench.forecast;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.load.Forecaster;
import dev.hourglass.core.load.SessionTimers;
import dev.hourglass.core.load.TimerCensus;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Foresees random walks, of which one in ten is a count of a hundred sessions with their timers,
 * and measures this thread's processor time for each tick of all of them.
 */
final class ForecastBenchmark {
  private static final int SECONDS = 5;
  private static final int SESSIONS = 100;
  private static final int WARM_UP_TICKS = 400;
  private static final long SEED = 20_260_101;

  private final int ticks;
  private final List<Forecaster> walks = new ArrayList<>();
  private final List<SessionTimers> timers = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final double[] values;

  ForecastBenchmark(int series, int ticks) {
    this.ticks = ticks;
    this.values = new double[series];
    Arrays.fill(values, SESSIONS);
    for (int one = 0; one < series; one++) {
      if (one % 10 == 9) {
        SessionTimers own = new SessionTimers();
        timers.add(own);
        walks.add(Forecaster.ofSessions(own));
      } else {
        walks.add(Forecaster.ofValues());
      }
    }
  }

  /**
   * What the measured ticks took.
   *
   * @param micros processor time of each tick, ascending
   * @param allocatedBytes mean of one tick
   */
  record Report(int series, List<Double> micros, double allocatedBytes) {
    Report {
      micros = List.copyOf(micros);
    }

    private double at(double share) {
      return micros.get((int) Math.round(share * (micros.size() - 1)));
    }

    String table() {
      return String.format(
          Locale.ROOT,
          """
          one tick of %d series, each foreseen 30, 60 and 120 s ahead; %d ticks
          processor time   %8.2f ms median   (%.2f to %.2f, 99 %% below %.2f)
          allocated        %8.1f KiB mean\
          """,
          series,
          micros.size(),
          at(0.5) / 1_000,
          at(0) / 1_000,
          at(1) / 1_000,
          at(0.99) / 1_000,
          allocatedBytes / 1_024);
    }

    String json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("series", series)
          .put("ticks", micros.size())
          .put("medianMicros", at(0.5))
          .put("leastMicros", at(0))
          .put("mostMicros", at(1))
          .put("p99Micros", at(0.99))
          .put("allocatedBytes", allocatedBytes);
      return json.toString();
    }
  }

  Report run() throws ExpectedFailure {
    if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)
        || !threads.isCurrentThreadCpuTimeSupported()) {
      throw new ExpectedFailure("this JVM does not tell the processor time of a thread");
    }
    for (int tick = 0; tick < WARM_UP_TICKS; tick++) {
      fiveSeconds();
      walks.forEach(Forecaster::tick);
    }
    List<Double> micros = new ArrayList<>();
    long allocated = 0;
    for (int tick = 0; tick < ticks; tick++) {
      fiveSeconds();
      long bytesBefore = threads.getCurrentThreadAllocatedBytes();
      long before = threads.getCurrentThreadCpuTime();
      walks.forEach(Forecaster::tick);
      micros.add((threads.getCurrentThreadCpuTime() - before) / 1_000.0);
      allocated += threads.getCurrentThreadAllocatedBytes() - bytesBefore;
    }
    micros.sort(null);
    return new Report(walks.size(), micros, (double) allocated / ticks);
  }

  private void fiveSeconds() {
    for (int one = 0; one < values.length; one++) {
      for (int second = 0; second < SECONDS; second++) {
        values[one] = Math.max(0, values[one] + random.nextGaussian());
        walks.get(one).sample(values[one]);
      }
    }
    for (SessionTimers own : timers) {
      TimerCensus census = new TimerCensus();
      for (int session = 0; session < SESSIONS; session++) {
        if (random.nextInt(10) == 0) {
          census.renewed(random.nextDouble(300), 300);
        } else {
          census.kept(random.nextDouble(300));
        }
      }
      own.tell(census);
    }
  }
}
