package dev.hourglass.core.session;

/**
 * Something alive that needs a session to stay although nobody speaks to it: an unfinished task, a
 * reservation in use, a fork that shares its prefix.
 */
@FunctionalInterface
public interface Dependant {
  /**
   * Whether it needs the session at this moment. Asked under the session's lock: answers at once,
   * from memory, and calls nobody back.
   */
  boolean needsSession();
}
