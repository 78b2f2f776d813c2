package dev.hourglass.engine.llama;

/**
 * How many threads compute a step.
 *
 * <p>A step of one token is bound by memory and synchronises some hundred times; on few processors
 * it is faster with fewer threads than a step of many tokens, which is bound by arithmetic.
 *
 * @param oneToken for a step in which a single session takes its next token, 1 to 512
 * @param manyTokens for steps with prompts or several sessions, 1 to 512
 */
public record ComputeThreads(int oneToken, int manyTokens) {
  private static final int MOST = 512;

  public ComputeThreads {
    requireRange("threads for one token", oneToken);
    requireRange("threads for many tokens", manyTokens);
  }

  /** The same number for all steps. */
  public static ComputeThreads of(int threads) {
    return new ComputeThreads(threads, threads);
  }

  /** All processors for steps of many tokens, half of them for a single one. */
  public static ComputeThreads forProcessors(int processors) {
    return new ComputeThreads(Math.clamp(processors / 2, 1, MOST), Math.clamp(processors, 1, MOST));
  }

  private static void requireRange(String name, int value) {
    if (value < 1 || value > MOST) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 to " + MOST + ")");
    }
  }
}
