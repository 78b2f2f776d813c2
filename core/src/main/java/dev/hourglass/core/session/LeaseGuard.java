package dev.hourglass.core.session;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watch over leases whose holders forget them: it takes such a lease back and tells where it
 * was taken.
 *
 * <p>To note where costs microseconds, so only one lease in {@value #SAMPLED} does, until the first
 * leak; from then on every lease does, since whoever leaks once leaks again.
 */
final class LeaseGuard {
  private static final Logger log = LoggerFactory.getLogger(LeaseGuard.class);
  private static final int SAMPLED = 64;

  /** One thread for the process, however many tables there are. */
  private static final Cleaner CLEANER = Cleaner.create();

  private final EventBus events;
  private final AtomicInteger taken = new AtomicInteger();
  private final LongAdder lost = new LongAdder();
  private volatile boolean alarmed;

  LeaseGuard(EventBus events) {
    this.events = events;
  }

  /** Where a lease was taken. */
  private static final class Origin extends Throwable {
    private static final long serialVersionUID = 1;

    Origin() {
      super("the lease was taken here");
    }
  }

  Cleaner.Cleanable watch(Lease lease, Grant grant) {
    Origin origin = alarmed || taken.getAndIncrement() % SAMPLED == 0 ? new Origin() : null;
    return CLEANER.register(lease, () -> takeBack(grant, origin));
  }

  /** Leases found lost so far. */
  long lost() {
    return lost.sum();
  }

  /** Runs when a lease was ended, and does nothing then, or when it was lost. */
  private void takeBack(Grant grant, @Nullable Origin origin) {
    if (!grant.end(LeaseEnd.DROPPED)) {
      return;
    }
    alarmed = true;
    lost.increment();
    Session session = grant.session();
    if (origin == null) {
      log.error("a lease of {} was lost; from now on each one notes where it is taken", session);
    } else {
      log.error("a lease of {} was lost", session, origin);
    }
    events.publish(new Event.LeaseLost(session.id()));
  }
}
