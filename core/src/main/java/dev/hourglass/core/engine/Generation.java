package dev.hourglass.core.engine;

/** The handle of a queued or running generation. */
public interface Generation {
  /**
   * Asks the generation to stop within one step. Idempotent; without effect once it has ended. The
   * sink is told {@link GenerationEnd.Cancelled}.
   */
  void cancel();

  /**
   * Whoever reads the answer does not keep up: nothing more should be told until {@link #resume}.
   * Some pieces may still come, and an engine that cannot wait goes on. Idempotent.
   */
  default void pause() {}

  /** The answer is read again. Idempotent. */
  default void resume() {}
}
