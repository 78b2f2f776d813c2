package dev.hourglass.engine.llama;

/** What came of opening an engine. */
public sealed interface LlamaOpening {
  /** It runs; whoever opened it closes it. */
  record Opened(LlamaEngine engine) implements LlamaOpening {}

  /**
   * The library or the model is missing or broken.
   *
   * @param reason one line that says what is wrong, for the person who started the program
   */
  record Unavailable(String reason) implements LlamaOpening {}
}
