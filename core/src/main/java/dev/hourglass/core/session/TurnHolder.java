package dev.hourglass.core.session;

/**
 * Somebody who asks for a session's turn. Calls come from whichever thread changed the session,
 * after its lock is free; implementations return at once.
 */
public interface TurnHolder {
  /** The turn is theirs, until they end the lease. */
  void granted(Lease lease);

  /** The session ended while they waited. */
  void refused();

  /**
   * The session ends: stop, and end the lease soon. Called at most once, and possibly before {@code
   * granted}, where the session ends while the turn is being handed over.
   */
  void revoked();
}
