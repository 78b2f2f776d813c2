package dev.hourglass.engine.llama;

/**
 * Sizes the prompt chunks of a step so that the step keeps to its time budget.
 *
 * <p>Keeps two moving averages, the duration of a step that only decodes and the time that one
 * prompt token adds, and allows
 *
 * <pre>  tokens = (0.9 × budget - decoding) / per token</pre>
 *
 * so it follows whatever a step costs now: model, machine, length of the attended context. While
 * nobody decodes, a step holds nobody up but a newcomer; then the budget is four times as long,
 * since every step reads all weights once, and short chunks would spend much of their time on that.
 *
 * <p>Sizes are multiples of 16, and no chunk leaves a single token over: then a position never
 * meets the kernels for one token in one run and those for many in another, and a text does not
 * depend on how fast the machine was.
 */
final class ChunkPacer {
  private static final int GRAIN = 16;
  private static final double AIM = 0.9;
  private static final double ALONE = 4;
  private static final double WEIGHT = 0.3;
  private static final int INITIAL_TOKENS = 32;

  private final double budgetNanos;
  private final int mostTokens;
  private double decodingNanos;
  private double nanosPerToken;

  ChunkPacer(long budgetNanos, int mostTokens) {
    this.budgetNanos = budgetNanos;
    this.mostTokens = mostTokens;
    nanosPerToken = AIM * budgetNanos / INITIAL_TOKENS;
  }

  /**
   * Prompt tokens that the next step may take, all sequences together.
   *
   * @param decoding whether any sequence decodes in that step
   */
  int chunkTokens(boolean decoding) {
    double room = AIM * budgetNanos * (decoding ? 1 : ALONE) - (decoding ? decodingNanos : 0);
    int tokens = (int) Math.clamp(room / nanosPerToken, GRAIN, mostTokens);
    return tokens / GRAIN * GRAIN;
  }

  /** Learns what a step cost. */
  void stepTook(int prefillTokens, boolean decoding, long nanos) {
    if (prefillTokens == 0) {
      decodingNanos = average(decodingNanos, (double) nanos);
    } else if (prefillTokens >= GRAIN / 2) {
      double decodingShare = decoding ? Math.min(decodingNanos, nanos / 2.0) : 0;
      nanosPerToken = average(nanosPerToken, (nanos - decodingShare) / prefillTokens);
    }
  }

  private static double average(double before, double now) {
    return before == 0 ? now : before + (now - before) * WEIGHT;
  }

  /** The share of a prompt in a step, at most {@code budget}. */
  static int share(int remaining, int budget) {
    if (remaining <= budget) {
      return remaining;
    }
    return remaining - budget == 1 && budget > 2 ? budget - 1 : budget;
  }
}
