package dev.hourglass.core.retention.policy;

import java.util.OptionalDouble;

/**
 * Where a session stands at one moment.
 *
 * @param kvTokens of its state, on whichever tier that is; 0 where there is none
 * @param prices its worth in prices of the tier that holds it, λ; empty where no price is known
 * @param why one sentence: why its state is kept, or why it went
 */
public record Standing(int kvTokens, OptionalDouble prices, String why) {}
