package dev.hourglass.core.retention.value;

/**
 * What is expected of a session that waits.
 *
 * @param hitsPerSecond for each second of memory, over the horizon at which this is greatest
 * @param chance that it returns within that horizon
 * @param heldSeconds for which its state would be kept on average until it returns or the horizon
 *     ends
 * @param everReturns chance that it returns at all
 * @param halfWithinSeconds time in which it returns as likely as not; NaN where it rather does not
 */
public record Prospect(
    double hitsPerSecond,
    double chance,
    double heldSeconds,
    double everReturns,
    double halfWithinSeconds) {}
