package dev.hourglass.core.residency;

/**
 * What the tiers below the engine hold, and what has happened on them so far.
 *
 * @param warmBytes host memory in use, also by snapshots on their way
 * @param coldBytes bytes of snapshots on disk
 * @param demotionsToWarm states that left the engine and were kept
 * @param demotionsToCold snapshots that went to disk
 * @param promotionsFromWarm states put back from memory
 * @param promotionsFromCold states put back from disk
 * @param dropped snapshots given up for want of room
 * @param refused snapshots that could not be put back: damaged, of another model or tenant, or
 *     without room in the engine
 * @param coldFailures writes, reads and deletions that the disk refused
 * @param coldInUse whether snapshots go to disk at present: there is one, and its latest answer was
 *     no refusal
 * @param restoreNanos time of all promotions, from the arrival of the turn
 * @param breakEvenTokens shortest state that is worth a snapshot, as learnt so far
 */
public record LadderStats(
    int warmSessions,
    int coldSessions,
    long warmBytes,
    long coldBytes,
    long demotionsToWarm,
    long demotionsToCold,
    long promotionsFromWarm,
    long promotionsFromCold,
    long dropped,
    long refused,
    long coldFailures,
    boolean coldInUse,
    long restoreNanos,
    int breakEvenTokens) {}
