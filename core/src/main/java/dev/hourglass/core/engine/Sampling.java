package dev.hourglass.core.engine;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the next token is chosen. Names and ranges follow the OpenAI API where it has them, llama.cpp
 * elsewhere.
 *
 * @param temperature 0 to 2; 0 is greedy
 * @param topP 0 (exclusive) to 1; 1 is off
 * @param topK 0 or more; 0 is off
 * @param minP 0 to 1; 0 is off
 * @param frequencyPenalty -2 to 2
 * @param presencePenalty -2 to 2
 * @param repeatPenalty above 0; 1 is off
 * @param seed {@code null} for a random one
 * @param stop texts that end the answer and are not part of it; at most 16, none empty
 * @param logitBias added to the logit of a token, -100 (never) to 100
 * @param topLogprobs how many alternatives to report for each token, 0 to 20; {@code null} reports
 *     no log probabilities at all
 * @param format the form the answer must have
 */
public record Sampling(
    double temperature,
    double topP,
    int topK,
    double minP,
    double frequencyPenalty,
    double presencePenalty,
    double repeatPenalty,
    @Nullable Long seed,
    List<String> stop,
    Map<Integer, Double> logitBias,
    @Nullable Integer topLogprobs,
    OutputFormat format) {

  /**
   * What applies when a request says nothing: milder than OpenAI's temperature of 1, at which small
   * models lose the thread.
   */
  public static final Sampling DEFAULTS =
      new Sampling(
          0.7, 0.95, 40, 0.05, 0, 0, 1, null, List.of(), Map.of(), null, new OutputFormat.Free());

  /** Always the likeliest token. */
  public static final Sampling GREEDY =
      new Sampling(0, 1, 0, 0, 0, 0, 1, null, List.of(), Map.of(), null, new OutputFormat.Free());

  public Sampling {
    stop = List.copyOf(stop);
    logitBias = Map.copyOf(logitBias);
    requireRange("temperature", temperature, 0, 2);
    requireRange("top_p", topP, Double.MIN_VALUE, 1);
    requireRange("top_k", topK, 0, Integer.MAX_VALUE);
    requireRange("min_p", minP, 0, 1);
    requireRange("frequency_penalty", frequencyPenalty, -2, 2);
    requireRange("presence_penalty", presencePenalty, -2, 2);
    requireRange("repeat_penalty", repeatPenalty, Double.MIN_VALUE, 10);
    requireRange("stop", stop.size(), 0, 16);
    for (String text : stop) {
      if (text.isEmpty()) {
        throw new IllegalArgumentException("stop: empty text (expected: at least one character)");
      }
    }
    for (double bias : logitBias.values()) {
      requireRange("logit_bias", bias, -100, 100);
    }
    if (topLogprobs != null) {
      requireRange("top_logprobs", topLogprobs, 0, 20);
    }
  }

  private static void requireRange(String name, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      String expected =
          least == Double.MIN_VALUE
              ? "above 0 and at most " + plain(most)
              : "from " + plain(least) + " to " + plain(most);
      throw new IllegalArgumentException(
          name + ": " + plain(value) + " (expected: " + expected + ")");
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
