package dev.hourglass.core.engine;

/** The handle of a queued or running generation. */
public interface Generation {
  /**
   * Asks the generation to stop within one step. Idempotent; without effect once it has ended. The
   * sink is told {@link GenerationEnd.Cancelled}.
   */
  void cancel();
}
