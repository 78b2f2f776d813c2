package dev.hourglass.core.session;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What a session knows of a lease that it gave out: everything but the lease itself. */
final class Grant {
  private final Session session;
  private final Use use;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable WeakReference<Lease> lease;

  /** What a lease is for. */
  enum Use {
    /** A turn, of which a session runs one at a time. */
    TURN,
    /** Any number of others, such as a subscriber; beside a turn. */
    HOLD,
    /** In a turn's place, and no use of the session: its time to live goes on. */
    UPKEEP
  }

  Grant(Session session, Use use) {
    this.session = session;
    this.use = use;
  }

  Session session() {
    return session;
  }

  Use use() {
    return use;
  }

  /** Makes the lease that stands for this grant. */
  Lease lease(@Nullable TurnHolder holder, LeaseGuard guard) {
    Lease made = new Lease(this, holder, guard);
    lease = new WeakReference<>(made);
    return made;
  }

  /** Tells the holder to stop, if there still is one. */
  void revoke() {
    WeakReference<Lease> known = lease;
    Lease held = known == null ? null : known.get();
    if (held != null) {
      held.revoke();
    }
  }

  /** Ends the grant; only the first call does, and answers {@code true}. */
  boolean end(LeaseEnd end) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    session.leaseEnded(this, end);
    return true;
  }
}
