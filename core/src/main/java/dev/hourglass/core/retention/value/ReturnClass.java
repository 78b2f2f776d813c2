package dev.hourglass.core.retention.value;

/**
 * Sessions that are taken to return alike: those with as many turns, that came back after about as
 * long the last time, of about the same size.
 *
 * @param turns 1 to {@link #MOST_TURNS}, which stands for more, too
 * @param pace 0 to {@link #PACES} - 1
 * @param size 0 to {@link #SIZES} - 1
 */
public record ReturnClass(int turns, int pace, int size) {
  static final int MOST_TURNS = 6;
  static final int PACES = 4;
  static final int SIZES = 4;
  static final int COUNT = MOST_TURNS * PACES * SIZES;

  private static final int[] SIZE_TOKENS = {2_048, 8_192, 32_768};

  /** A machine goes on within seconds, a person within minutes, whoever was away takes longer. */
  private static final int[] PACE_SECONDS = {30, 120, 480};

  /**
   * The class of a session with so many turns and tokens of context.
   *
   * @param gapSeconds between its last two turns; anything for the first turn
   */
  public static ReturnClass of(int turns, double gapSeconds, long contextTokens) {
    return new ReturnClass(
        Math.clamp(turns, 1, MOST_TURNS),
        turns > 1 ? above(PACE_SECONDS, gapSeconds) : 0,
        above(SIZE_TOKENS, (double) contextTokens));
  }

  /** How many of the bounds a value is above. */
  private static int above(int[] bounds, double value) {
    int above = 0;
    while (above < bounds.length && value > bounds[above]) {
      above++;
    }
    return above;
  }

  int index() {
    return ((turns - 1) * PACES + pace) * SIZES + size;
  }
}
