package dev.hourglass.app.bench.window;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.window.ExactCounter;
import dev.hourglass.core.window.SlidingCounter;
import dev.hourglass.core.window.WindowedCounts;
import dev.hourglass.core.window.Windowing;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;

/**
 * Feeds every kind of window the same events, a thousand a second and a tenth of them out of order,
 * and asks after each what there is. Kinds take turns in each round; processor time of this thread.
 */
final class WindowBenchmark {
  private static final long SECOND = 1_000_000_000L;
  private static final long WINDOW = 60 * SECOND;
  private static final long LATENESS = 2 * SECOND;
  private static final long MEAN_GAP = SECOND / 1_000;
  private static final int WARM_UP_ROUNDS = 3;
  private static final long SEED = 20_260_101;

  private final int rounds;
  private final long[] times;
  private final List<Kind> kinds =
      List.of(
          new Kind("sliding counter, 1 slot", () -> counter(new SlidingCounter(WINDOW, 1))),
          new Kind("sliding counter, 60 slots", () -> counter(new SlidingCounter(WINDOW, 60))),
          new Kind("exact counter", () -> counter(new ExactCounter(WINDOW, 1 << 17))),
          new Kind("tumbling, 1 min", () -> counts(new Windowing.Tumbling(WINDOW))),
          new Kind(
              "sliding, 1 min / 10 s", () -> counts(new Windowing.Sliding(WINDOW, WINDOW / 6))),
          new Kind("sessions, gap 10 ms", () -> counts(new Windowing.Sessions(10 * MEAN_GAP))));

  private record Kind(String name, Supplier<LongUnaryOperator> fresh) {}

  WindowBenchmark(int events, int rounds) {
    this.rounds = rounds;
    SplittableRandom random = new SplittableRandom(SEED);
    times = new long[events];
    long now = 0;
    for (int event = 0; event < events; event++) {
      now += (long) (random.nextExponential() * MEAN_GAP);
      times[event] = random.nextInt(10) == 0 ? now - random.nextLong(LATENESS) : now;
    }
  }

  private static LongUnaryOperator counter(SlidingCounter counter) {
    return at -> {
      counter.add(at);
      return (long) counter.count(at);
    };
  }

  private static LongUnaryOperator counter(ExactCounter counter) {
    return at -> {
      counter.add(at);
      return counter.count(at);
    };
  }

  private static LongUnaryOperator counts(Windowing windowing) {
    long[] told = {0};
    WindowedCounts counts =
        new WindowedCounts(windowing, LATENESS, window -> told[0] += window.events());
    return at -> {
      counts.add(at);
      return told[0];
    };
  }

  /**
   * What one kind takes.
   *
   * @param nanos processor time of one event, of each round, ascending
   * @param allocatedBytes of one event, once it runs
   * @param keptBytes allocated to begin with
   */
  record Row(String kind, List<Double> nanos, double allocatedBytes, long keptBytes) {
    Row {
      nanos = List.copyOf(nanos);
    }

    double median() {
      return nanos.get(nanos.size() / 2);
    }
  }

  /** What all kinds take. */
  record Report(int events, List<Row> rows) {
    Report {
      rows = List.copyOf(rows);
    }

    String table() {
      StringBuilder table = new StringBuilder();
      table.append(
          String.format(
              Locale.ROOT,
              "%,d events, one a millisecond, a tenth of them up to 2 s late; one minute%n%n%-28s %10s %18s %14s %12s",
              events,
              "each event is added and the count read",
              "ns/event",
              "least … most",
              "bytes/event",
              "bytes kept"));
      for (Row row : rows) {
        table.append(
            String.format(
                Locale.ROOT,
                "%n%-38s %10.1f %8.1f … %7.1f %14.2f %12d",
                row.kind(),
                row.median(),
                row.nanos().getFirst(),
                row.nanos().getLast(),
                row.allocatedBytes(),
                row.keptBytes()));
      }
      return table.toString();
    }

    String json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode().put("events", events);
      ArrayNode results = json.putArray("results");
      for (Row row : rows) {
        results
            .addObject()
            .put("kind", row.kind())
            .put("medianNanos", row.median())
            .put("leastNanos", row.nanos().getFirst())
            .put("mostNanos", row.nanos().getLast())
            .put("allocatedBytes", row.allocatedBytes())
            .put("keptBytes", row.keptBytes());
      }
      return json.toString();
    }
  }

  Report run() throws ExpectedFailure {
    if (!(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads)
        || !threads.isCurrentThreadCpuTimeSupported()) {
      throw new ExpectedFailure("this JVM does not tell the processor time of a thread");
    }
    List<List<Double>> nanos = new ArrayList<>();
    double[] allocated = new double[kinds.size()];
    long[] kept = new long[kinds.size()];
    kinds.forEach(_ -> nanos.add(new ArrayList<>()));
    long sink = 0;
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (int kind = 0; kind < kinds.size(); kind++) {
        long bytesAtFirst = threads.getCurrentThreadAllocatedBytes();
        LongUnaryOperator window = kinds.get(kind).fresh().get();
        long bytesBefore = threads.getCurrentThreadAllocatedBytes();
        long before = threads.getCurrentThreadCpuTime();
        for (long at : times) {
          sink += window.applyAsLong(at);
        }
        long took = threads.getCurrentThreadCpuTime() - before;
        if (round >= 0) {
          nanos.get(kind).add((double) took / times.length);
          allocated[kind] =
              (double) (threads.getCurrentThreadAllocatedBytes() - bytesBefore) / times.length;
          kept[kind] = bytesBefore - bytesAtFirst;
        }
      }
    }
    if (sink == 0) {
      throw new IllegalStateException("nothing was counted");
    }
    List<Row> rows = new ArrayList<>();
    for (int kind = 0; kind < kinds.size(); kind++) {
      nanos.get(kind).sort(null);
      rows.add(new Row(kinds.get(kind).name(), nanos.get(kind), allocated[kind], kept[kind]));
    }
    return new Report(times.length, rows);
  }
}
