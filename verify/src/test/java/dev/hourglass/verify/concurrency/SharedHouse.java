package dev.hourglass.verify.concurrency;

import dev.hourglass.core.admission.Timeline;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.ReleaseHooks;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.store.InMemorySessionStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What sessions end in: a table, a store, an engine, and time that passes by hand. */
final class SharedHouse {
  static final int LONGEST_LINE = 1;
  private static final Duration TTL = Duration.ofMinutes(30);

  final SessionTable table;
  final HeldCells engine = new HeldCells();
  final InMemorySessionStore store = new InMemorySessionStore();
  final Destruction destruction;
  private final List<Session> sessions;
  private final Queue<DestructionReceipt> told = new ConcurrentLinkedQueue<>();
  private final Queue<Runnable> due = new ConcurrentLinkedQueue<>();

  /** Creates a house with two sessions, each with a token and KV state. */
  SharedHouse() {
    EventBus events = new EventBus();
    events.subscribe(event -> {
      if (event instanceof Event.SessionDestroyed(var _, var receipt)) {
        told.add(receipt);
      }
    });
    table =
        new SessionTable(
            new SessionLimits(10, 10, LONGEST_LINE, TTL, Duration.ofDays(1)),
            new Random(1),
            new StoodClock(),
            events);
    destruction =
        new Destruction(
            table,
            new EngineDirectory(List.of(engine), Map.of()),
            store,
            Runnable::run,
            new Hand(),
            new StoodClock(),
            events,
            ReleaseHooks.none(),
            new Destruction.Settings(
                Duration.ofSeconds(1), 10, 1, 10, 1, Duration.ofSeconds(1), Duration.ofSeconds(1)));
    sessions = List.of(newSession(0), newSession(1));
  }

  private final class Hand implements Timeline {
    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void after(Duration delay, Runnable action) {
      due.add(action);
    }
  }

  Session session(int number) {
    return sessions.get(number);
  }

  private Session newSession(int number) {
    SessionRecord record =
        new SessionRecord(
            new SessionId("sess_shared-session-00000000" + number),
            TenantId.DEFAULT,
            token(number).hash(),
            HeldCells.MODEL,
            StoodClock.NOW,
            TTL,
            Map.of(),
            StoodClock.NOW,
            0,
            false);
    Session session = table.addExplicit(record).orElseThrow();
    store.create(record, List.of());
    table.open(session);
    engine.hold(session.id());
    return session;
  }

  static SessionToken token(int number) {
    return SessionToken.presented("token-" + number);
  }

  /** Lets whatever waits for time fall due. */
  void passTime() {
    for (Runnable next = due.poll(); next != null; next = due.poll()) {
      next.run();
    }
  }

  /** Whether the session's token opens it for use. */
  boolean opens(int number) {
    return table.byToken(TenantId.DEFAULT, token(number)).filter(Session::alive).isPresent();
  }

  /**
   * Fails unless the session has gone from everywhere, and left one receipt, which all get who were
   * promised one.
   */
  void requireGone(int number, Iterable<CompletableFuture<DestructionReceipt>> promised) {
    Session session = session(number);
    List<DestructionReceipt> receipts =
        told.stream().filter(receipt -> receipt.session().equals(session.id())).toList();
    require(receipts.size() == 1, "not one receipt");
    DestructionReceipt receipt = receipts.getFirst();
    require(session.state() == SessionState.TERMINATED, "it has not come to its end");
    require(session.leases() == 0, "a lease is left");
    require(table.byId(session.id()).isEmpty(), "its id opens something");
    require(table.byToken(TenantId.DEFAULT, token(number)).isEmpty(), "its token opens something");
    require(!engine.holds(session.id()), "the engine holds state");
    require(destruction.underWay() == 0 && destruction.backlog() == 0, "something is under way");
    require(
        receipt.failed()
            || store.sessions().stream().noneMatch(known -> known.id().equals(session.id())),
        "the store knows it");
    require(store.receipt(session.id()).filter(receipt::equals).isPresent(), "its receipt is lost");
    for (CompletableFuture<DestructionReceipt> promise : promised) {
      require(promise.isDone() && promise.join().equals(receipt), "a promise is not kept");
    }
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
