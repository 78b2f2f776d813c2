package dev.hourglass.core.engine;

/**
 * A session's state that is put back as soon as its next generation gets a place in the engine.
 * Called on the engine's thread, at most one of both; neither if the session had state already, or
 * if the generation ended before it got a place.
 */
public interface StateOffer {
  /** Stays open until the generation has started or ended. */
  KvSnapshot snapshot();

  /**
   * The engine has it again.
   *
   * @param nanos that putting it back took
   */
  void applied(int kvTokens, long nanos);

  /** The engine cannot take it. */
  void refused(String reason);
}
