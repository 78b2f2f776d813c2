package dev.hourglass.core.engine;

/**
 * What a generation cost.
 *
 * @param completionTokens tokens generated, the end-of-turn token not counted
 * @param kvTokens KV tokens that the session holds afterwards
 */
public record GenerationUsage(PromptUsage prompt, int completionTokens, int kvTokens) {
  /** Nothing was tokenised, decoded or kept. */
  public static final GenerationUsage NONE = new GenerationUsage(new PromptUsage(0, 0, 0), 0, 0);
}
