package dev.hourglass.app.bench.retention;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.ReleaseOrder.IdleResident;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import dev.hourglass.core.retention.policy.ReturnCost;
import dev.hourglass.core.retention.policy.TierUse;
import dev.hourglass.core.retention.policy.Tiers;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionState;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Random;

/**
 * A house of sessions that come and go on a clock of its own, as the {@code value} policy sees it:
 * this thread's processor time for each kind of call, in blocks, of which the median counts.
 */
final class RetentionBenchmark {
  private static final int BLOCKS = 41;
  private static final int CALLS_PER_BLOCK = 500;
  private static final int TICKS_PER_BLOCK = 4;
  private static final int RESIDENT_IN_ENGINE = 16;
  private static final int SNAPSHOT_BYTES_PER_TOKEN = 1_024;

  private final List<Integer> sizes;

  RetentionBenchmark(List<Integer> sizes) {
    this.sizes = List.copyOf(sizes);
  }

  /**
   * Median microseconds of processor time.
   *
   * @param turn both events of a turn and its end: begins to be used, waits again, is so long
   * @param engineChoice who leaves the engine, of {@value #RESIDENT_IN_ENGINE} idle sessions
   * @param tierChoice who leaves a tier that holds all sessions
   * @param tick a second passes: prices move, and every twentieth time all is estimated anew
   * @param longestTick the longest of them
   */
  record Row(
      int sessions,
      double turn,
      double engineChoice,
      double tierChoice,
      double tick,
      double longestTick) {}

  record Report(List<Row> rows) {
    Report {
      rows = List.copyOf(rows);
    }

    String table() {
      StringBuilder table =
          new StringBuilder(
              String.format(
                  Locale.ROOT,
                  "processor time in microseconds, medians of %d blocks of %d calls, policy value%n"
                      + "%10s %12s %14s %12s %8s %14s%n",
                  BLOCKS,
                  CALLS_PER_BLOCK,
                  "sessions",
                  "one turn",
                  "engine choice",
                  "tier choice",
                  "tick",
                  "longest tick"));
      for (Row row : rows) {
        table.append(
            String.format(
                Locale.ROOT,
                "%,10d %12.2f %14.2f %12.2f %8.1f %14.1f%n",
                row.sessions,
                row.turn,
                row.engineChoice,
                row.tierChoice,
                row.tick,
                row.longestTick));
      }
      return table.toString().stripTrailing();
    }

    String json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      ArrayNode results = json.put("blocks", BLOCKS).putArray("results");
      for (Row row : rows) {
        results
            .addObject()
            .put("sessions", row.sessions)
            .put("turnMicros", row.turn)
            .put("engineChoiceMicros", row.engineChoice)
            .put("tierChoiceMicros", row.tierChoice)
            .put("tickMicros", row.tick)
            .put("longestTickMicros", row.longestTick);
      }
      return json.toString();
    }
  }

  Report run() throws ExpectedFailure {
    if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)
        || !threads.isCurrentThreadCpuTimeSupported()) {
      throw new ExpectedFailure("this JVM does not tell the processor time of a thread");
    }
    new Population(1_000, threads).measure();
    return new Report(sizes.stream().map(size -> new Population(size, threads).measure()).toList());
  }

  /** Sessions on a clock of their own. */
  private static final class Population {
    private final ThreadMXBean threads;
    private final Random random = new Random(20_260_101);
    private final List<SessionId> sessions = new ArrayList<>();
    private final LiveRetention retention;
    private long nanos;

    Population(int size, ThreadMXBean threads) {
      this.threads = threads;
      retention =
          new LiveRetention(
              new RetentionPolicy.ByValue(),
              new Tiers(
                  16_384, RESIDENT_IN_ENGINE, (long) size * 800 * SNAPSHOT_BYTES_PER_TOKEN, 0),
              ReturnCost.ASSUMED,
              Liveliness.UNKNOWN,
              size,
              () -> nanos,
              random);
      for (int session = 0; session < size; session++) {
        SessionId id = SessionId.random(random);
        sessions.add(id);
        retention.note(new Event.SessionCreated(id, SessionKind.IMPLICIT));
        turn(id);
        retention.shelved(id, Residency.WARM);
        // All of them within half an hour.
        nanos += 1_800_000_000_000L / size;
      }
    }

    private SessionId any() {
      return sessions.get(random.nextInt(sessions.size()));
    }

    private void turn(SessionId session) {
      retention.note(new Event.StateChanged(session, SessionState.IDLE, SessionState.ACTIVE));
      retention.note(new Event.StateChanged(session, SessionState.ACTIVE, SessionState.IDLE));
      int tokens = 100 + random.nextInt(4_000);
      retention.note(
          new Event.TurnEnded(
              session,
              new TurnEnd.Completed(
                  FinishReason.STOP,
                  new GenerationUsage(new PromptUsage(tokens, 0, 0), 50, tokens + 50),
                  new TurnEnd.TurnTiming(null, null, Duration.ZERO),
                  false)));
    }

    Row measure() {
      List<Double> turns = new ArrayList<>();
      List<Double> engineChoices = new ArrayList<>();
      List<Double> tierChoices = new ArrayList<>();
      List<Double> ticks = new ArrayList<>();
      double longestTick = 0;
      for (int block = 0; block < BLOCKS; block++) {
        turns.add(micros(CALLS_PER_BLOCK, () -> turn(any())));
        List<IdleResident> idle = new ArrayList<>();
        for (int resident = 0; resident < RESIDENT_IN_ENGINE; resident++) {
          idle.add(new IdleResident(any(), 1_000, nanos));
        }
        engineChoices.add(micros(CALLS_PER_BLOCK, () -> retention.next(idle)));
        tierChoices.add(micros(CALLS_PER_BLOCK, () -> retention.least(Residency.WARM)));
        for (int tick = 0; tick < TICKS_PER_BLOCK; tick++) {
          nanos += 1_000_000_000L;
          double took =
              micros(1, () -> retention.second(new TierUse(1, OptionalDouble.of(1.1), 1, 0)));
          ticks.add(took);
          longestTick = Math.max(longestTick, took);
        }
      }
      return new Row(
          sessions.size(),
          median(turns),
          median(engineChoices),
          median(tierChoices),
          median(ticks),
          longestTick);
    }

    private double micros(int calls, Runnable call) {
      long before = threads.getCurrentThreadCpuTime();
      for (int done = 0; done < calls; done++) {
        call.run();
      }
      return (threads.getCurrentThreadCpuTime() - before) / 1_000.0 / calls;
    }

    private static double median(List<Double> values) {
      List<Double> sorted = values.stream().sorted().toList();
      return sorted.get(sorted.size() / 2);
    }
  }
}
