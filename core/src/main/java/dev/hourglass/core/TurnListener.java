package dev.hourglass.core;

import dev.hourglass.core.engine.Placement;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;

/**
 * Receives one turn: either {@code refused} alone, or {@code placed? started? text* ended}. Calls
 * come one at a time, from changing threads; implementations return at once and do not throw.
 */
public interface TurnListener {
  /** The turn was not accepted; nothing has changed. */
  void refused(Refusal refusal);

  /** The turn runs at one of several endpoints. */
  default void placed(Placement placement) {}

  /** The engine begins. */
  void started(SessionId session, String model, PromptUsage usage);

  void text(TextDelta delta);

  /** The last call. */
  void ended(TurnEnd end);
}
