package dev.hourglass.core.engine;

/** How a generation ended. */
public sealed interface GenerationEnd {
  GenerationUsage usage();

  /** The answer is whole. */
  record Finished(FinishReason reason, GenerationUsage usage) implements GenerationEnd {}

  /** Somebody cancelled it. */
  record Cancelled(GenerationUsage usage) implements GenerationEnd {}

  /** It could not go on. */
  record Failed(EngineFault fault, GenerationUsage usage) implements GenerationEnd {}

  /** Why a whole answer ends where it does. */
  enum FinishReason {
    /** The model ended it, or a stop text appeared. */
    STOP,
    /** The token limit or the end of the context was reached. */
    LENGTH
  }
}
