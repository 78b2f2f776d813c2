package dev.hourglass.app.replay.retention;

/** How many conversations go on after their first, second … turn, and how long that takes. */
final class TurnHabits {
  private static final int MOST_TURNS = 16;
  private static final double PRIOR_GAP_SECONDS = 200;

  private final double[] seen = new double[MOST_TURNS];
  private final double[] wentOn = new double[MOST_TURNS];
  private final double[] gapSeconds = new double[MOST_TURNS];

  void begins() {
    seen[0]++;
  }

  void goesOn(int afterTurns, double gap) {
    wentOn[index(afterTurns)]++;
    gapSeconds[index(afterTurns)] += gap;
    seen[index(afterTurns + 1)]++;
  }

  /** The share of conversations with so many turns that went on; a half of two to begin with. */
  double chance(int turns) {
    return (wentOn[index(turns)] + 1) / (seen[index(turns)] + 2);
  }

  double meanGapSeconds(int turns) {
    return (gapSeconds[index(turns)] + PRIOR_GAP_SECONDS) / (wentOn[index(turns)] + 1);
  }

  private static int index(int turns) {
    return Math.min(turns, MOST_TURNS) - 1;
  }
}
