package dev.hourglass.protocol.upstream;

/**
 * The tokens that a server counted.
 *
 * @param cachedTokens of the prompt; 0 where it does not say
 */
public record UpstreamUsage(int promptTokens, int cachedTokens, int completionTokens) {}
