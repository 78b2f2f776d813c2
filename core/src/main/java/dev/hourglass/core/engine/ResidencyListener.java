package dev.hourglass.core.engine;

import dev.hourglass.core.session.SessionId;

/** Learns what an engine keeps and lets go. Called on the engine's thread; returns at once. */
public interface ResidencyListener {
  /** The session holds this many KV tokens from now on; 0 after a release. */
  void residencyChanged(SessionId session, int kvTokens);
}
