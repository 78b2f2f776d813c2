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

  /** The engine let an idle session's state go by itself; told after {@link #residencyChanged}. */
  default void letGo(StateRelease release) {}

  /** Tells this one first, then another. */
  default ResidencyListener andThen(ResidencyListener other) {
    ResidencyListener first = this;
    return new ResidencyListener() {
      @Override
      public void residencyChanged(SessionId session, int kvTokens) {
        first.residencyChanged(session, kvTokens);
        other.residencyChanged(session, kvTokens);
      }

      @Override
      public void shelved(SessionId session, Residency tier) {
        first.shelved(session, tier);
        other.shelved(session, tier);
      }

      @Override
      public void letGo(StateRelease release) {
        first.letGo(release);
        other.letGo(release);
      }
    };
  }
}
