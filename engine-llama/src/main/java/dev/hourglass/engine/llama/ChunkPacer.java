package dev.hourglass.engine.llama;

/**
 * Sizes the prompt chunks of a step so that the step keeps to its time budget.
 *
 * <p>A multiplicative controller: after a step that took {@code t} with its chunk budget used,
 *
 * <pre>  tokens := tokens × clamp(0.9 × budget / t, 1/2, 3/2)</pre>
 *
 * so it follows whatever the step costs now: model, machine, length of the attended context and the
 * decoding sequences beside the prompts. Sizes are multiples of 16: then one position always meets
 * the same matrix kernels, and a text does not depend on how fast the machine was.
 */
final class ChunkPacer {
  private static final int GRAIN = 16;
  private static final double AIM = 0.9;

  private final double budgetNanos;
  private final int mostTokens;
  private double tokens = 64;

  ChunkPacer(long budgetNanos, int mostTokens) {
    this.budgetNanos = budgetNanos;
    this.mostTokens = mostTokens;
  }

  /** Prompt tokens that the next step may take, all sequences together. */
  int chunkTokens() {
    return Math.max(GRAIN, (int) tokens / GRAIN * GRAIN);
  }

  /** Learns what a step with {@code prefillTokens} cost; half-empty steps teach nothing. */
  void stepTook(int prefillTokens, long nanos) {
    if (prefillTokens * 4 < chunkTokens() * 3) {
      return;
    }
    double factor = Math.clamp(AIM * budgetNanos / Math.max(1, nanos), 0.5, 1.5);
    tokens = Math.clamp(tokens * factor, GRAIN, mostTokens);
  }

  /**
   * The share of a prompt in a step. Never leaves a single token over, since one alone is computed
   * by other kernels than several together.
   */
  static int share(int remaining, int budget) {
    if (remaining <= budget) {
      return remaining;
    }
    int share = Math.max(2, budget);
    return remaining - share == 1 ? share - 1 : share;
  }
}
