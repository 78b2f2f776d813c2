package dev.hourglass.app.bench.oversubscription;

/**
 * What became of one turn.
 *
 * @param number of the turn in its session, from 1
 * @param firstTextSeconds from its submission to its first text, restores included; NaN if none
 * @param recomputedTokens of its prompt that had been computed before, and were again
 * @param leftSeconds that were generated after its client had left; 0 if it stayed
 * @param served whether an answer came
 */
record TurnTrace(
    int number,
    double firstTextSeconds,
    int recomputedTokens,
    double leftSeconds,
    boolean served) {}
