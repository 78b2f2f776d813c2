package dev.hourglass.core.engine;

import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;

/** Learns what an engine keeps and lets go. Called on the engine's thread; returns at once. */
public interface ResidencyListener {
  /** The session holds this many KV tokens from now on; 0 after a release. */
  void residencyChanged(SessionId session, int kvTokens);

  /**
   * The session's snapshot is on this tier from now on, {@link Residency#TRANSCRIPT} for none. May
   * be called on other threads than the engine's.
   */
  default void shelved(SessionId session, Residency tier) {}
}
