package dev.hourglass.app.replay.retention;

/**
 * What a policy reached with a capacity.
 *
 * @param capacity in blocks
 * @param blockHitRatio blocks that were cached, of all that were asked for
 * @param tokenHitRatio the same in tokens
 * @param earlyBlockHitRatio the block hit ratio of the first ten minutes alone
 */
record RetentionResult(
    PolicyName policy,
    int capacity,
    double blockHitRatio,
    double tokenHitRatio,
    double earlyBlockHitRatio) {}
