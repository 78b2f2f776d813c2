package dev.hourglass.core.load.live;

/**
 * What the last 256 requests that were answered in full were like: how long the engine computed
 * each, and of how many tokens.
 *
 * <p>Written by the engine's thread, read by others.
 */
final class RequestShapes {
  private static final int WINDOW = 256;

  // Guarded by this.
  private final double[] seconds = new double[WINDOW];
  private final int[] contextTokens = new int[WINDOW];
  private final int[] computedPromptTokens = new int[WINDOW];
  private final int[] outputTokens = new int[WINDOW];
  private int next;
  private int size;

  /**
   * Adds one that was answered.
   *
   * @param computed prompt tokens that were not cached
   */
  synchronized void add(double tookSeconds, int prompt, int computed, int output) {
    seconds[next] = tookSeconds;
    contextTokens[next] = prompt + output;
    computedPromptTokens[next] = computed;
    outputTokens[next] = output;
    next = (next + 1) % WINDOW;
    size = Math.min(size + 1, WINDOW);
  }

  /**
   * Means of one request.
   *
   * @param requests how many were seen, at most 256; the means are 0 without any
   */
  record Typical(
      int requests,
      double seconds,
      double contextTokens,
      double computedPromptTokens,
      double outputTokens) {}

  synchronized Typical typical() {
    double took = 0;
    double context = 0;
    double computed = 0;
    double output = 0;
    for (int index = 0; index < size; index++) {
      took += seconds[index];
      context += contextTokens[index];
      computed += computedPromptTokens[index];
      output += outputTokens[index];
    }
    double count = Math.max(1, size);
    return new Typical(size, took / count, context / count, computed / count, output / count);
  }

  /**
   * The chance that a request which is computed now still is after so many seconds: <i>p = E[(S −
   * h)⁺] / E[S]</i>, the residual life of a renewal process in equilibrium (D. R. Cox, <i>Renewal
   * Theory</i>, 1962, chapter 5), over the requests seen. 0 without any.
   */
  synchronized double stillThereAfter(double horizonSeconds) {
    double beyond = 0;
    double whole = 0;
    for (int index = 0; index < size; index++) {
      beyond += Math.max(0, seconds[index] - horizonSeconds);
      whole += seconds[index];
    }
    return whole > 0 ? beyond / whole : 0;
  }
}
