package dev.hourglass.protocol.request;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/completions}.
 *
 * @param model {@code null} for the default one
 * @param prompt the text to continue, without any template
 * @param stream whether the answer comes as server-sent events
 * @param includeUsage whether a stream ends with a chunk that holds the usage
 * @param maxTokens the most tokens to generate, at least 1; {@code null} for as many as fit
 */
public record CompletionRequest(
    @Nullable String model,
    String prompt,
    boolean stream,
    boolean includeUsage,
    @Nullable Integer maxTokens,
    SamplingParameters sampling) {}
