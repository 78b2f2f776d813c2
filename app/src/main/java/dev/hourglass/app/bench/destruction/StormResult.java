package dev.hourglass.app.bench.destruction;

/**
 * What a storm did to receipts and to traffic.
 *
 * @param sessions destroyed at once
 * @param explicit those of them in the durable store
 * @param askMillis until every destruction had been asked for
 * @param seconds until the last receipt
 * @param mostWaiting ids in line at most
 * @param lost receipts that were not to be had afterwards
 * @param failed receipts with a failed stage
 * @param calm what turns took before the storm
 * @param during what turns took during the storm
 */
record StormResult(
    int sessions,
    int explicit,
    double askMillis,
    double seconds,
    int mostWaiting,
    int lost,
    int failed,
    Turns calm,
    Turns during) {

  /** How long turns took, in milliseconds, from the moment at which they were to begin. */
  record Turns(long turns, double p50, double p99, double most) {}
}
