package dev.hourglass.protocol.request;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a client wants tokens chosen; {@code null} wherever it said nothing.
 *
 * @param temperature 0 to 2
 * @param topP above 0, to 1
 * @param topK 0 or more; 0 is off
 * @param minP 0 to 1
 * @param frequencyPenalty -2 to 2
 * @param presencePenalty -2 to 2
 * @param repeatPenalty above 0, to 10
 * @param stop at most 16 texts, none empty
 * @param logitBias by token id, -100 to 100
 * @param topLogprobs alternatives to report for each token, 0 to 20; {@code null} for no log
 *     probabilities at all
 */
public record SamplingParameters(
    @Nullable Double temperature,
    @Nullable Double topP,
    @Nullable Integer topK,
    @Nullable Double minP,
    @Nullable Double frequencyPenalty,
    @Nullable Double presencePenalty,
    @Nullable Double repeatPenalty,
    @Nullable Long seed,
    List<String> stop,
    Map<Integer, Double> logitBias,
    @Nullable Integer topLogprobs,
    ResponseFormat format) {
  public SamplingParameters {
    stop = List.copyOf(stop);
    logitBias = Map.copyOf(logitBias);
  }
}
