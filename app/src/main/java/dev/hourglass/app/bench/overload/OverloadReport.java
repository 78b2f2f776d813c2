package dev.hourglass.app.bench.overload;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What was measured.
 *
 * @param seconds for which each load was offered
 */
record OverloadReport(int slots, int seconds, List<Row> rows, List<Recovery> recoveries) {
  private static final String NONE = "–";
  private static final String ROW = "%-6s %-13s %9s %9s %12s %12s%n";

  OverloadReport {
    rows = List.copyOf(rows);
    recoveries = List.copyOf(recoveries);
  }

  /**
   * One policy at one load.
   *
   * @param load offered, of the capacity
   * @param goodputRatio answers that met the objective, of the ideal
   * @param rejectionPrecision share of refusals after which no slot was idle for two seconds
   * @param p99DelaySeconds from the first coming to the first text, of those answered
   */
  record Row(
      double load,
      Policy policy,
      double goodputRatio,
      OptionalDouble hintHitRatio,
      OptionalDouble rejectionPrecision,
      OptionalDouble p99DelaySeconds) {}

  /** How long after a spike newcomers still did not meet the objective. */
  record Recovery(Policy policy, double seconds) {}

  String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "%d slots, turns of 250 to 750 ms, each load offered for %d s; objective: first text"
                + " within %.1f s of the attempt that is let in%n",
            slots,
            seconds,
            OverloadBenchmark.OBJECTIVE_SECONDS));
    table.append(
        String.format(
            Locale.ROOT, ROW, "load", "policy", "goodput", "hints", "precision", "p99 delay"));
    for (Row row : rows) {
      table.append(
          String.format(
              Locale.ROOT,
              ROW,
              String.format(Locale.ROOT, "%.1f", row.load),
              row.policy.label(),
              percent(OptionalDouble.of(row.goodputRatio)),
              percent(row.hintHitRatio),
              percent(row.rejectionPrecision),
              row.p99DelaySeconds.isEmpty()
                  ? NONE
                  : String.format(Locale.ROOT, "%.1f s", row.p99DelaySeconds.getAsDouble())));
    }
    table.append(
        String.format(Locale.ROOT, "%nAfter a spike of 1.4 times the capacity for 10 s:%n"));
    for (Recovery recovery : recoveries) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-13s newcomers meet the objective again after %.1f s%n",
              recovery.policy.label(),
              recovery.seconds));
    }
    return table.toString();
  }

  private static String percent(OptionalDouble ratio) {
    return ratio.isEmpty()
        ? NONE
        : String.format(Locale.ROOT, "%.1f %%", 100 * ratio.getAsDouble());
  }

  /** One JSON object; what does not exist is null. */
  String json() {
    ObjectNode report =
        new JsonMapper().createObjectNode().put("slots", slots).put("seconds", seconds);
    ArrayNode results = report.putArray("results");
    for (Row row : rows) {
      ObjectNode cell = results.addObject().put("load", row.load).put("policy", row.policy.label());
      put(cell, "goodputRatio", OptionalDouble.of(row.goodputRatio));
      put(cell, "hintHitRatio", row.hintHitRatio);
      put(cell, "rejectionPrecision", row.rejectionPrecision);
      put(cell, "p99DelaySeconds", row.p99DelaySeconds);
    }
    ArrayNode spike = report.putArray("spike");
    for (Recovery recovery : recoveries) {
      ObjectNode cell = spike.addObject().put("policy", recovery.policy.label());
      put(cell, "recoverySeconds", OptionalDouble.of(recovery.seconds));
    }
    return report.toString();
  }

  private static void put(ObjectNode cell, String name, OptionalDouble value) {
    if (value.isPresent()) {
      cell.put(name, BigDecimal.valueOf(value.getAsDouble()).setScale(4, RoundingMode.HALF_EVEN));
    } else {
      cell.putNull(name);
    }
  }
}
