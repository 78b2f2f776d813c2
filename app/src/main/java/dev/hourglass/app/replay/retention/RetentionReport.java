package dev.hourglass.app.replay.retention;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * What a replay found.
 *
 * @param trace its file
 * @param results of every policy and capacity that was asked for, and of LRU and OPT, between which
 *     the gap is
 * @param shown the policies that were asked for
 */
record RetentionReport(
    String trace, List<RetentionResult> results, List<PolicyName> shown, List<Integer> capacities) {
  private static final int DIGITS = 4;

  RetentionReport {
    results = List.copyOf(results);
    shown = List.copyOf(shown);
    capacities = List.copyOf(capacities);
  }

  void print(PrintStream out) {
    out.println(trace);
    table(out, "block hit ratio", RetentionResult::blockHitRatio);
    table(out, "token hit ratio", RetentionResult::tokenHitRatio);
    table(out, "first 10 minutes", RetentionResult::earlyBlockHitRatio);
    table(out, "gap to OPT closed", this::gapClosed);
  }

  private void table(PrintStream out, String title, ToDoubleFunction<RetentionResult> figure) {
    out.printf(Locale.ROOT, "%n%-18s", title);
    capacities.forEach(capacity -> out.printf(Locale.ROOT, " %9d", capacity));
    out.println();
    for (PolicyName policy : shown) {
      out.printf(Locale.ROOT, "%-18s", policy.wireName());
      for (int capacity : capacities) {
        out.printf(Locale.ROOT, " %9.4f", figure.applyAsDouble(result(policy, capacity)));
      }
      out.println();
    }
  }

  /** One JSON object. */
  String json() {
    ObjectNode report = new JsonMapper().createObjectNode().put("trace", trace);
    ArrayNode array = report.putArray("results");
    for (PolicyName policy : shown) {
      for (int capacity : capacities) {
        RetentionResult result = result(policy, capacity);
        array
            .addObject()
            .put("policy", policy.wireName())
            .put("capacity", capacity)
            .put("blockHitRatio", rounded(result.blockHitRatio()))
            .put("tokenHitRatio", rounded(result.tokenHitRatio()))
            .put("gapClosed", rounded(gapClosed(result)));
      }
    }
    return report.toString();
  }

  /** Where between LRU, 0, and OPT, 1, a policy is; 0 where there is nothing between them. */
  double gapClosed(RetentionResult result) {
    double lru = result(PolicyName.LRU, result.capacity()).blockHitRatio();
    double opt = result(PolicyName.OPT, result.capacity()).blockHitRatio();
    return opt > lru ? (result.blockHitRatio() - lru) / (opt - lru) : 0;
  }

  private RetentionResult result(PolicyName policy, int capacity) {
    Optional<RetentionResult> found =
        results.stream()
            .filter(each -> each.policy() == policy && each.capacity() == capacity)
            .findFirst();
    return found.orElseThrow();
  }

  private static BigDecimal rounded(double value) {
    return BigDecimal.valueOf(value).setScale(DIGITS, RoundingMode.HALF_EVEN);
  }
}
