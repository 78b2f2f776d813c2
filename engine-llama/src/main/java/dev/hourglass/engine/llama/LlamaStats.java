package dev.hourglass.engine.llama;

/**
 * What an engine has done so far and what waits.
 *
 * @param steps decodes, each of which serves all running sequences
 * @param decodedTokens answer tokens sampled
 * @param prefillTokens prompt tokens passed to decode
 * @param runningGenerations generations with a sequence
 * @param queuedGenerations generations that wait for one
 * @param stepMillis moving average of a step's duration
 * @param chunkTokens prompt tokens that a step takes beside decoding sequences, at the moment
 * @param releasedForRoom idle sessions released to make room
 * @param preemptions running generations that gave their cells up for a while
 */
public record LlamaStats(
    long steps,
    long decodedTokens,
    long prefillTokens,
    int runningGenerations,
    int queuedGenerations,
    double stepMillis,
    int chunkTokens,
    long releasedForRoom,
    long preemptions) {}
