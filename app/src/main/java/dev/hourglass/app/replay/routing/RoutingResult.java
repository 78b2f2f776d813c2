package dev.hourglass.app.replay.routing;

/**
 * What a strategy made of a trace.
 *
 * @param prefixHitRatio blocks of prompts that were cached where they ran, of all blocks
 * @param loadImbalance the fullest endpoint over the mean; 1 is even
 * @param p95QueueSeconds what 95 % of the requests waited for a slot at most
 */
record RoutingResult(
    String strategy, double prefixHitRatio, double loadImbalance, double p95QueueSeconds) {}
