package dev.hourglass.core.engine;

/**
 * Receives one generation, in the order {@code started? text* ended}. Called on the engine's
 * thread: implementations return at once and do not throw.
 */
public interface GenerationSink {
  /** The prompt is tokenised and matched against the cache; decoding begins. */
  void started(PromptUsage usage);

  void text(TextDelta delta);

  /** The last call, made exactly once. */
  void ended(GenerationEnd end);
}
