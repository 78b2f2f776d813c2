package dev.hourglass.core.engine;

/**
 * What a prompt costs.
 *
 * @param promptTokens tokens of the rendered prompt that are in the model's context
 * @param cachedTokens how many of them were never passed to decode, since their KV was there
 * @param compressedMessages oldest messages of the conversation that no longer fit the context and
 *     were left out
 */
public record PromptUsage(int promptTokens, int cachedTokens, int compressedMessages) {}
