package dev.hourglass.app.replay.admission;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What a replay found.
 *
 * @param trace its file
 */
record AdmissionReport(String trace, List<AdmissionResult> results) {
  private static final String NONE = "–";
  private static final String ROW = "%-5s %6s  %-12s %11s %11s %12s %9s %12s%n";

  AdmissionReport {
    results = List.copyOf(results);
  }

  void print(PrintStream out) {
    out.println(trace);
    out.println(
        "Clients do as they are told, and give up after 60 s. Hints: the share that came true, so"
            + " that the");
    out.println(
        "client was let in within 2 s; where the server gives none, of first retries. Far hints"
            + " are those");
    out.println("without a ticket, beyond 15 s. Delay: from the first attempt until service.");
    out.println();
    out.printf(
        Locale.ROOT,
        ROW,
        "load",
        "slots",
        "strategy",
        "hints",
        "far hints",
        "attempts",
        "served",
        "p99 delay s");
    double load = Double.NaN;
    for (AdmissionResult result : results) {
      if (result.load() != load) {
        out.println();
        load = result.load();
      }
      out.printf(
          Locale.ROOT,
          ROW,
          text("%.2f", OptionalDouble.of(result.load())),
          result.slots(),
          result.strategy().label(),
          text("%.1f %%", percent(result.hintHitRatio())),
          text("%.1f %%", percent(result.farHintHitRatio())),
          text("%.2f", result.attemptsPerServed()),
          text("%.3f", OptionalDouble.of(result.servedRatio())),
          text("%.1f", result.p99DelaySeconds()));
    }
  }

  private static OptionalDouble percent(OptionalDouble ratio) {
    return ratio.isEmpty() ? ratio : OptionalDouble.of(100 * ratio.getAsDouble());
  }

  private static String text(String format, OptionalDouble value) {
    return value.isEmpty() ? NONE : String.format(Locale.ROOT, format, value.getAsDouble());
  }

  /** One JSON object; what does not exist is null. */
  String json() {
    ObjectNode report = new JsonMapper().createObjectNode();
    ArrayNode array = report.putArray("results");
    for (AdmissionResult result : results) {
      ObjectNode row =
          array.addObject().put("strategy", result.strategy().label()).put("load", result.load());
      put(row, "hintHitRatio", result.hintHitRatio());
      put(row, "farHintHitRatio", result.farHintHitRatio());
      put(row, "attemptsPerServed", result.attemptsPerServed());
      put(row, "servedRatio", OptionalDouble.of(result.servedRatio()));
      put(row, "p99DelaySeconds", result.p99DelaySeconds());
    }
    return report.toString();
  }

  private static void put(ObjectNode row, String name, OptionalDouble value) {
    if (value.isPresent()) {
      row.put(name, BigDecimal.valueOf(value.getAsDouble()).setScale(4, RoundingMode.HALF_EVEN));
    } else {
      row.putNull(name);
    }
  }
}
