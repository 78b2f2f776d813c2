package dev.hourglass.app.replay.routing;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hourglass.app.replay.routing.SimulatedEndpoint.Fleet;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;

/**
 * What a replay found.
 *
 * @param trace its file
 */
record RoutingReport(String trace, Fleet fleet, List<RoutingResult> results) {
  private static final int DIGITS = 4;

  RoutingReport {
    results = List.copyOf(results);
  }

  void print(PrintStream out) {
    out.println(trace);
    out.printf(
        Locale.ROOT,
        "%d endpoints, each with %d slots and %d blocks of KV memory; 20 ms for a generated token,"
            + " 0.2 ms for a prompt token that is not cached.%n%n",
        fleet.endpoints(),
        fleet.slots(),
        fleet.kvBlocks());
    out.printf(
        Locale.ROOT,
        "%-16s %16s %14s %12s%n",
        "strategy",
        "prefix hits",
        "max/mean load",
        "p95 queue");
    for (RoutingResult result : results) {
      out.printf(
          Locale.ROOT,
          "%-16s %14.1f %% %14.3f %10.2f s%n",
          result.strategy(),
          result.prefixHitRatio() * 100,
          result.loadImbalance(),
          result.p95QueueSeconds());
    }
  }

  /** One JSON object. */
  String json() {
    ObjectNode report = new JsonMapper().createObjectNode().put("trace", trace);
    ArrayNode array = report.putArray("results");
    for (RoutingResult result : results) {
      array
          .addObject()
          .put("strategy", result.strategy())
          .put("prefixHitRatio", rounded(result.prefixHitRatio()))
          .put("loadImbalance", rounded(result.loadImbalance()))
          .put("p95QueueSeconds", rounded(result.p95QueueSeconds()));
    }
    return report.toString();
  }

  private static BigDecimal rounded(double value) {
    return BigDecimal.valueOf(value).setScale(DIGITS, RoundingMode.HALF_EVEN);
  }
}
