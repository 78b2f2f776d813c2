package dev.hourglass.app.bench.oversubscription;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hourglass.core.residency.LadderStats;
import java.util.List;
import java.util.Locale;

/**
 * What was measured.
 *
 * @param bytesPerToken of a snapshot
 */
record OversubscriptionReport(
    String model,
    int hotTokens,
    long bytesPerToken,
    int turns,
    List<Result> results,
    List<RestoreTimes.Row> restores) {
  OversubscriptionReport {
    results = List.copyOf(results);
    restores = List.copyOf(restores);
  }

  /**
   * One run.
   *
   * @param load context tokens of the conversations under way, in multiples of the engine's cells
   * @param traceSeconds of the plan that it covers
   * @param wallSeconds that it took
   * @param leftTokens in the engine after everybody had been idle for their whole {@code
   *     context_ttl}
   * @param leftBytes in the tiers below then
   */
  record Result(
      int load,
      Arm arm,
      List<TurnTrace> turns,
      double traceSeconds,
      double wallSeconds,
      LadderStats ladder,
      boolean fellBack,
      int leftTokens,
      long leftBytes) {
    Result {
      turns = List.copyOf(turns);
    }

    /** Of first texts of second and later turns. */
    double laterFirstText(double share) {
      return quantile(
          turns.stream()
              .filter(turn -> turn.number() > 1 && !Double.isNaN(turn.firstTextSeconds()))
              .map(TurnTrace::firstTextSeconds)
              .toList(),
          share);
    }

    double firstResponse(double share) {
      return quantile(
          turns.stream()
              .map(TurnTrace::firstTextSeconds)
              .filter(seconds -> !Double.isNaN(seconds))
              .toList(),
          share);
    }

    private static double quantile(List<Double> values, double share) {
      List<Double> sorted = values.stream().sorted().toList();
      return sorted.isEmpty()
          ? Double.NaN
          : sorted.get((int) Math.round(share * (sorted.size() - 1)));
    }

    long recomputedTokens() {
      return turns.stream().mapToLong(TurnTrace::recomputedTokens).sum();
    }

    long laterTurns() {
      return turns.stream().filter(turn -> turn.number() > 1).count();
    }

    long unserved() {
      return turns.stream().filter(turn -> !turn.served()).count();
    }

    double leftSeconds() {
      return turns.stream().mapToDouble(TurnTrace::leftSeconds).sum();
    }
  }

  String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "%s, %,d KV cells (%,d bytes of snapshot for each), %d turns a run; warm 2 x, cold 8 x"
                + " the bytes of hot%n",
            model,
            hotTokens,
            bytesPerToken,
            turns));
    table.append(
        String.format(
            Locale.ROOT,
            "%-5s %-15s %10s %10s %10s %9s %9s %8s %8s %9s %8s%n",
            "load",
            "policy",
            "recomputed",
            "TTFT 2+",
            "TTFT 2+",
            "response",
            "response",
            "not",
            "KV left",
            "generated",
            "later"));
    table.append(
        String.format(
            Locale.ROOT,
            "%-5s %-15s %10s %10s %10s %9s %9s %8s %8s %9s %8s%n",
            "",
            "",
            "tokens",
            "p50 ms",
            "p95 ms",
            "best ms",
            "worst ms",
            "served",
            "tokens",
            "for gone",
            "turns"));
    for (Result result : results) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-5s %-15s %,10d %10.0f %10.0f %9.0f %9.0f %8d %8d %7.2f s %8d%n",
              result.load + " x",
              result.arm.label() + (result.fellBack ? " *" : ""),
              result.recomputedTokens(),
              1_000 * result.laterFirstText(0.5),
              1_000 * result.laterFirstText(0.95),
              1_000 * result.firstResponse(0),
              1_000 * result.firstResponse(1),
              result.unserved(),
              result.leftTokens,
              result.leftSeconds(),
              result.laterTurns()));
    }
    if (results.stream().anyMatch(Result::fellBack)) {
      table.append("* went by last use at the end, since that would have kept more\n");
    }
    table.append(
        String.format(
            Locale.ROOT,
            "%nfirst text after a follow-up of one word, medians of %d%n%8s %12s %12s %12s%n",
            RestoreTimes.ROUNDS,
            "tokens",
            "computed ms",
            "warm ms",
            "cold ms"));
    for (RestoreTimes.Row row : restores) {
      table.append(
          String.format(
              Locale.ROOT,
              "%,8d %12.1f %12.1f %12.1f%n",
              row.kvTokens(),
              row.computedMillis(),
              row.warmMillis(),
              row.coldMillis()));
    }
    return table.toString().stripTrailing();
  }

  String json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model", model)
        .put("hotTokens", hotTokens)
        .put("bytesPerToken", bytesPerToken)
        .put("turns", turns);
    ArrayNode runs = json.putArray("results");
    for (Result result : results) {
      runs.addObject()
          .put("load", result.load)
          .put("policy", result.arm.policy().name())
          .put("ladder", result.arm.ladder())
          .put("recomputedTokens", result.recomputedTokens())
          .put("laterTurns", result.laterTurns())
          .put("laterFirstTextP50Millis", 1_000 * result.laterFirstText(0.5))
          .put("laterFirstTextP95Millis", 1_000 * result.laterFirstText(0.95))
          .put("bestResponseMillis", 1_000 * result.firstResponse(0))
          .put("worstResponseMillis", 1_000 * result.firstResponse(1))
          .put("unserved", result.unserved())
          .put("kvTokensLeft", result.leftTokens)
          .put("snapshotBytesLeft", result.leftBytes)
          .put("secondsGeneratedForGone", result.leftSeconds())
          .put("promotionsFromWarm", result.ladder.promotionsFromWarm())
          .put("promotionsFromCold", result.ladder.promotionsFromCold())
          .put("dropped", result.ladder.dropped())
          .put("refused", result.ladder.refused())
          .put("fellBack", result.fellBack)
          .put("traceSeconds", result.traceSeconds)
          .put("wallSeconds", result.wallSeconds);
    }
    ArrayNode restored = json.putArray("restores");
    for (RestoreTimes.Row row : restores) {
      restored
          .addObject()
          .put("kvTokens", row.kvTokens())
          .put("computedMillis", row.computedMillis())
          .put("warmMillis", row.warmMillis())
          .put("coldMillis", row.coldMillis());
    }
    return json.toString();
  }
}
