package dev.hourglass.core.session;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * A hold on a session that keeps it alive; ends exactly once. A lease that its holder loses without
 * ending it is taken back once the garbage collector has found it, and reported as a leak.
 */
public final class Lease implements AutoCloseable {
  private final Grant grant;
  private final @Nullable TurnHolder holder;
  private final Cleaner.Cleanable lost;

  /**
   * @param holder kept here, so that it can be reached for as long as its lease; the session itself
   *     must not keep alive what it watches for getting lost
   */
  Lease(Grant grant, @Nullable TurnHolder holder, LeaseGuard guard) {
    this.grant = grant;
    this.holder = holder;
    this.lost = guard.watch(this, grant);
  }

  public Session session() {
    return grant.session();
  }

  /** Gives the session back. Later calls are without effect. */
  public void end(LeaseEnd end) {
    try {
      grant.end(end);
      lost.clean();
    } finally {
      // Else it could be found lost while it is being ended.
      Reference.reachabilityFence(this);
    }
  }

  /** Ends the lease as dropped, unless it has ended. */
  @Override
  public void close() {
    end(LeaseEnd.DROPPED);
  }

  void revoke() {
    if (holder != null) {
      holder.revoked();
    }
  }
}
