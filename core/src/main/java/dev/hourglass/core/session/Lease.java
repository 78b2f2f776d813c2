package dev.hourglass.core.session;

import java.util.concurrent.atomic.AtomicBoolean;

/** A hold on a session that keeps it alive; ends exactly once. */
public final class Lease implements AutoCloseable {
  private final Session session;
  private final AtomicBoolean ended = new AtomicBoolean();

  Lease(Session session) {
    this.session = session;
  }

  public Session session() {
    return session;
  }

  /** Gives the session back. Later calls are without effect. */
  public void end(LeaseEnd end) {
    if (ended.compareAndSet(false, true)) {
      session.leaseEnded(this, end);
    }
  }

  /** Ends the lease as dropped, unless it has ended. */
  @Override
  public void close() {
    end(LeaseEnd.DROPPED);
  }
}
