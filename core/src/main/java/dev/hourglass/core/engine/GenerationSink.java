package dev.hourglass.core.engine;

/**
 * Receives one generation, in the order {@code placed? started? text* ended}. Called on the
 * engine's thread: implementations return at once and do not throw.
 */
public interface GenerationSink {
  /** The generation runs at one of several endpoints; an engine that is only one does not say. */
  default void placed(Placement placement) {}

  /**
   * The prompt is tokenised and matched against the cache; decoding begins.
   *
   * @param usage zeros from a remote engine, whose server counts at the end
   */
  void started(PromptUsage usage);

  void text(TextDelta delta);

  /** The last call, made exactly once. */
  void ended(GenerationEnd end);
}
