package dev.hourglass.core.retention;

import dev.hourglass.core.session.SessionId;
import java.util.Collection;
import java.util.Optional;

/**
 * Decides which idle session's KV state goes first when an engine needs room. Called on the
 * engine's thread; answers from memory in microseconds.
 */
public interface ReleaseOrder {
  /**
   * Names the session to release now, or nothing to keep all of them.
   *
   * @param idle resident sessions that nothing uses at the moment
   */
  Optional<SessionId> next(Collection<IdleResident> idle);

  /**
   * A candidate.
   *
   * @param lastUsedNanos when it was used last, on the engine's monotonic clock
   */
  record IdleResident(SessionId session, int kvTokens, long lastUsedNanos) {}
}
