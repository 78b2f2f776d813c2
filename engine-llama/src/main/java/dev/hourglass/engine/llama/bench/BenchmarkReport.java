package dev.hourglass.engine.llama.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.engine.llama.ComputeThreads;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a benchmark found.
 *
 * @param model the file's name
 * @param comparisons tokens per second, ours and the binding's
 * @param followUp time to the first token with hot KV and with none
 */
public record BenchmarkReport(
    String model,
    ComputeThreads threads,
    int rounds,
    List<Comparison> comparisons,
    FollowUp followUp) {
  public BenchmarkReport {
    comparisons = List.copyOf(comparisons);
  }

  /**
   * One quantity, measured in turns.
   *
   * @param ours median tokens per second
   * @param binding median tokens per second
   * @param ratio median over the rounds of ours divided by the binding's in the same round
   * @param leastRatio the smallest of these
   * @param mostRatio the largest of these
   * @param target the ratio to reach
   */
  public record Comparison(
      String name,
      double ours,
      double binding,
      double ratio,
      double leastRatio,
      double mostRatio,
      double target) {
    public boolean reached() {
      return ratio >= target;
    }
  }

  /**
   * A second turn beside a first one.
   *
   * @param coldTokens tokens of the cold prompt
   * @param coldMillis median time to the first token of the cold prompt
   * @param hotMillis median time to the first token of a follow-up
   * @param ratio median over the rounds of hot divided by cold
   * @param target the ratio not to exceed
   */
  public record FollowUp(
      int coldTokens, double coldMillis, double hotMillis, double ratio, double target) {
    public boolean reached() {
      return ratio <= target;
    }
  }

  /** The report for people. */
  public String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "%s, %d threads (%d for a single token), medians of %d rounds%n",
            model,
            threads.manyTokens(),
            threads.oneToken(),
            rounds));
    table.append(
        String.format(
            Locale.ROOT,
            "%-24s %12s %12s %8s %15s%n",
            "tokens/s",
            "hourglass",
            "binding",
            "ratio",
            "(spread)"));
    for (Comparison comparison : comparisons) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-24s %12.1f %12.1f %8.3f   (%.2f to %.2f)  %s %.2f%n",
              comparison.name(),
              comparison.ours(),
              comparison.binding(),
              comparison.ratio(),
              comparison.leastRatio(),
              comparison.mostRatio(),
              comparison.reached() ? "reaches" : "misses",
              comparison.target()));
    }
    table.append(
        String.format(
            Locale.ROOT,
            "first token: %.1f ms after %d cold tokens, %.1f ms in a follow-up, ratio %.3f  %s"
                + " %.2f%n",
            followUp.coldMillis(),
            followUp.coldTokens(),
            followUp.hotMillis(),
            followUp.ratio(),
            followUp.reached() ? "reaches" : "misses",
            followUp.target()));
    return table.toString();
  }

  /** The report for programs: one JSON object. */
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("threads", threads.manyTokens());
    json.put("threadsForOneToken", threads.oneToken());
    json.put("rounds", rounds);
    json.put("comparisons", comparisons);
    json.put("followUp", followUp);
    try {
      return new ObjectMapper().writeValueAsString(json);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
