package dev.hourglass.app.replay.admission;

import java.util.OptionalDouble;

/**
 * One row of the report; what does not exist is empty.
 *
 * @param load as it was asked for; whole slots make it a little different
 * @param hintHitRatio with tickets, the share of all hints within the horizon after which the
 *     client was let in within 2 s; without, of first retries
 * @param farHintHitRatio the same of hints beyond the horizon
 * @param p99DelaySeconds from the first attempt to the beginning of service, of those served
 */
record AdmissionResult(
    Strategy strategy,
    double load,
    int slots,
    OptionalDouble hintHitRatio,
    OptionalDouble farHintHitRatio,
    OptionalDouble attemptsPerServed,
    double servedRatio,
    OptionalDouble p99DelaySeconds) {}
