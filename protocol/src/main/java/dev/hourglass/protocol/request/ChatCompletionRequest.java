package dev.hourglass.protocol.request;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/chat/completions}.
 *
 * @param model {@code null} for the default one
 * @param messages at least one
 * @param stream whether the answer comes as server-sent events
 * @param includeUsage whether a stream ends with a chunk that holds the usage
 * @param maxTokens the most tokens to generate, at least 1; {@code null} for as many as fit
 */
public record ChatCompletionRequest(
    @Nullable String model,
    List<Message> messages,
    boolean stream,
    boolean includeUsage,
    @Nullable Integer maxTokens,
    SamplingParameters sampling) {
  public ChatCompletionRequest {
    messages = List.copyOf(messages);
  }
}
