package dev.hourglass.core.retention;

import dev.hourglass.core.session.SessionId;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Releases the session that has been idle for longest. */
public final class LeastRecentlyUsed implements ReleaseOrder {
  @Override
  public Optional<SessionId> next(Collection<IdleResident> idle) {
    return idle.stream()
        .min(Comparator.comparingLong(IdleResident::lastUsedNanos))
        .map(IdleResident::session);
  }
}
