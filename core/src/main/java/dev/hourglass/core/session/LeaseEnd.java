package dev.hourglass.core.session;

/** How the use of a session ended. */
public enum LeaseEnd {
  SUCCESS,
  FAILURE,
  /** The client left, or the session was taken away; says nothing about the engine. */
  DROPPED
}
