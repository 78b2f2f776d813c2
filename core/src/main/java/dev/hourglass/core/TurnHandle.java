package dev.hourglass.core;

/** A turn on its way. */
public interface TurnHandle {
  /** The client left: stop as soon as possible. The listener is still told the end. Idempotent. */
  void cancel();

  /** The client does not keep up; see {@link dev.hourglass.core.engine.Generation#pause}. */
  default void pause() {}

  /** The client reads again. */
  default void resume() {}
}
