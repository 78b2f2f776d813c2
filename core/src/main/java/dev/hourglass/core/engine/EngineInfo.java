package dev.hourglass.core.engine;

/**
 * What an engine is and how much it can hold.
 *
 * @param model the name clients use
 * @param contextTokens the most tokens that one session may have in context, prompt and answer
 *     together
 * @param kvCapacityTokens the KV tokens that all sessions share; 0 where unknown
 * @param maxSequences sessions that can hold KV state at once; 0 where unknown
 */
public record EngineInfo(String model, int contextTokens, int kvCapacityTokens, int maxSequences) {}
