package dev.hourglass.core.retention.value;

/**
 * Sessions that are taken to return alike: those with as many turns, of about the same size.
 *
 * @param turns 1 to {@link #MOST_TURNS}, which stands for more, too
 * @param size 0 to {@link #SIZES} - 1
 */
public record ReturnClass(int turns, int size) {
  static final int MOST_TURNS = 6;
  static final int SIZES = 4;
  static final int COUNT = MOST_TURNS * SIZES;

  private static final int[] SIZE_TOKENS = {2_048, 8_192, 32_768};

  /** The class of a session with so many turns and tokens of context. */
  public static ReturnClass of(int turns, long contextTokens) {
    int size = 0;
    while (size < SIZE_TOKENS.length && contextTokens > SIZE_TOKENS[size]) {
      size++;
    }
    return new ReturnClass(Math.clamp(turns, 1, MOST_TURNS), size);
  }

  int index() {
    return (turns - 1) * SIZES + size;
  }
}
