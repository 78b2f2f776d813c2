package dev.hourglass.app.bench.table;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** What the table of sessions takes, beside a cache. */
record TableReport(
    int sessions, int expiring, int rounds, List<Weight> weights, Speed cache, Speed table) {
  TableReport {
    weights = List.copyOf(weights);
  }

  /**
   * Memory of one entry.
   *
   * @param bytes on the heap, with its id and all that leads to it
   */
  record Weight(String what, double bytes) {}

  /** What was measured of one subject, round by round. */
  static final class Speed {
    private final List<Double> touchNanos = new ArrayList<>();
    private final List<Double> calmMillis = new ArrayList<>();
    private final List<Double> stormMillis = new ArrayList<>();
    private final List<Double> expiryMillis = new ArrayList<>();

    void touch(double nanos) {
      touchNanos.add(nanos);
    }

    void pauses(Histogram calm, Histogram storm, long expiryNanos) {
      calmMillis.add(calm.getMaxValue() / 1e6);
      stormMillis.add(storm.getMaxValue() / 1e6);
      expiryMillis.add(expiryNanos / 1e6);
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  private static double most(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  private Speed of(Subject.Kind kind) {
    return switch (kind) {
      case CAFFEINE -> cache;
      case TABLE -> table;
    };
  }

  private double touchRatio() {
    return median(table.touchNanos) / median(cache.touchNanos);
  }

  String text() {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT, "%,d of each%n%n%-40s %12s%n", sessions, "memory", "bytes each"));
    for (Weight weight : weights) {
      text.append(String.format(Locale.ROOT, "%-40s %12.0f%n", weight.what, weight.bytes));
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%n%,d expire at once while another thread touches; medians and the worst of %d rounds"
                + " in turns%n%n%-28s %9s %14s %15s %9s %14s %11s%n",
            expiring,
            rounds,
            "",
            "ns/touch",
            "calm gap, ms",
            "worst calm, ms",
            "gap, ms",
            "worst gap, ms",
            "expiry, ms"));
    for (Subject.Kind kind : Subject.Kind.values()) {
      Speed speed = of(kind);
      text.append(
          String.format(
              Locale.ROOT,
              "%-28s %9.1f %14.2f %15.2f %9.2f %14.2f %11.1f%n",
              kind.label(),
              median(speed.touchNanos),
              median(speed.calmMillis),
              most(speed.calmMillis),
              median(speed.stormMillis),
              most(speed.stormMillis),
              median(speed.expiryMillis)));
    }
    text.append(String.format(Locale.ROOT, "%ntouch: %.2f x the read of the cache", touchRatio()));
    return text.toString();
  }

  String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("sessions", sessions).put("expiring", expiring).put("rounds", rounds);
    ArrayNode memory = json.putArray("memory");
    for (Weight weight : weights) {
      memory.addObject().put("what", weight.what).put("bytes", weight.bytes);
    }
    ArrayNode results = json.putArray("results");
    for (Subject.Kind kind : Subject.Kind.values()) {
      Speed speed = of(kind);
      results
          .addObject()
          .put("what", kind.label())
          .put("touchNanos", median(speed.touchNanos))
          .put("calmGapMillis", median(speed.calmMillis))
          .put("worstCalmGapMillis", most(speed.calmMillis))
          .put("gapMillis", median(speed.stormMillis))
          .put("worstGapMillis", most(speed.stormMillis))
          .put("expiryMillis", median(speed.expiryMillis));
    }
    return json.put("touchRatio", touchRatio()).toString();
  }
}
