package dev.hourglass.core.admission;

/** A place in the waiting room. */
public interface Place {
  /**
   * Gives the place up, at once; {@code false} if it was no longer held, since its candidate has
   * been or is being told.
   */
  boolean leave();
}
