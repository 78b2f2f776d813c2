package dev.hourglass.verify.concurrency;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Leases that several threads end at once: whatever the interleaving, each ends exactly once, and
 * the session is quiet when, and only when, the last one has.
 */
class SharedLeaseTest {
  private static final int HOLDS = 2;

  @Test
  void whateverTheInterleavingALeaseEndsOnce() {
    Interleavings.of(Concurrent.class, OneByOne.class)
        .meet("end 0", "drop 0", "endSession")
        .after("awaitQuiet, end 1")
        .thenMeet("", "end 0, awaitQuiet", "endSession, drop 0")
        .check();
  }

  /** A session whose leases are known to everybody: two holds. */
  public static final class Concurrent {
    private final Set<Integer> toEnd = ConcurrentHashMap.newKeySet();
    private final Queue<CompletableFuture<Void>> waiting = new ConcurrentLinkedQueue<>();
    private @Nullable HeldSession held;

    /** Built by the first call, see {@link Interleavings}. */
    private synchronized HeldSession held() {
      if (held == null) {
        held = HeldSession.create();
      }
      return held;
    }

    @Operation
    public String end(@Param(gen = IntGen.class) int lease) {
      toEnd.add(lease);
      held().leases.get(lease).end(LeaseEnd.SUCCESS);
      return "done";
    }

    @Operation
    public String drop(@Param(gen = IntGen.class) int lease) {
      toEnd.add(lease);
      held().leases.get(lease).close();
      return "done";
    }

    @Operation
    public boolean endSession() {
      return held().session.beginTerminating();
    }

    /** Waits for the session to be quiet. */
    @Operation
    public String awaitQuiet() {
      waiting.add(held().session.quiet());
      return "done";
    }

    @Validate
    public void eachEndIsToldOnce() {
      HeldSession all = held();
      int left = HOLDS - toEnd.size();
      if (all.session.leases() != left || all.ended.get() != toEnd.size()) {
        throw new IllegalStateException("leases " + all.session.leases() + ", ends " + all.ended);
      }
      waiting.add(all.session.quiet());
      boolean quiet = !all.session.alive() && left == 0;
      if (waiting.stream().anyMatch(told -> told.isDone() != quiet)) {
        throw new IllegalStateException("quiet with leases, or not without");
      }
    }
  }

  private record HeldSession(Session session, List<Lease> leases, AtomicInteger ended) {
    static HeldSession create() {
      EventBus events = new EventBus();
      AtomicInteger ended = new AtomicInteger();
      events.subscribe(event -> {
        if (event instanceof Event.LeaseEnded) {
          ended.incrementAndGet();
        }
      });
      Session session =
          new SessionTable(
                  new SessionLimits(10, 10, 1, Duration.ofMinutes(30), Duration.ofDays(1)),
                  new Random(1),
                  new StoodClock(),
                  events)
              .addImplicit(TenantId.DEFAULT, "tiny")
              .session();
      Lease one = session.hold().orElseThrow();
      Lease other = session.hold().orElseThrow();
      return new HeldSession(session, List.of(one, other), ended);
    }
  }

  /** What is answered when one thing is asked after the other. */
  public static final class OneByOne {
    private boolean terminating;

    public String end(int lease) {
      return "done";
    }

    public String drop(int lease) {
      return "done";
    }

    public String awaitQuiet() {
      return "done";
    }

    public boolean endSession() {
      boolean first = !terminating;
      terminating = true;
      return first;
    }
  }
}
