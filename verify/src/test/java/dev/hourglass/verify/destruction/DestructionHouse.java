package dev.hourglass.verify.destruction;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.ReleaseHook;
import dev.hourglass.core.retention.ReleaseHooks;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TurnHolder;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.store.InMemorySessionStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** What destruction needs around it, with an engine and a store that misbehave on command. */
final class DestructionHouse implements AutoCloseable {
  static final String MODEL = "tiny";
  static final Duration TTL = Duration.ofMinutes(30);
  static final Destruction.Settings SETTINGS =
      new Destruction.Settings(
          Duration.ofMillis(200), 100, 2, 100, 3, Duration.ofMillis(100), Duration.ofSeconds(1));

  final ManualTime time = new ManualTime();
  final EventBus bus = new EventBus();
  final List<Event> events = new CopyOnWriteArrayList<>();
  final SessionTable table =
      new SessionTable(
          new SessionLimits(1_000, 1_000, 8, TTL, Duration.ofDays(1)), new Random(7), time, bus);
  final ScriptedEngine engine = new ScriptedEngine(MODEL, 1_000, table);
  final InMemorySessionStore store = new InMemorySessionStore();
  final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  final EngineDirectory engines;
  final Destruction destruction;
  final Sweep sweep;
  private final Random random = new Random(8);

  DestructionHouse() {
    this(SETTINGS);
  }

  DestructionHouse(Destruction.Settings settings, ReleaseHook... hooks) {
    this(settings, null, hooks);
  }

  DestructionHouse(
      Destruction.Settings settings, @Nullable Executor workers, ReleaseHook... hooks) {
    engines = new EngineDirectory(List.of(engine), Map.of());
    destruction =
        new Destruction(
            table,
            engines,
            store,
            workers == null ? threads : workers,
            time,
            time,
            bus,
            new ReleaseHooks(List.of(hooks), Duration.ofMillis(200), threads),
            settings);
    sweep = new Sweep(table, engines, destruction, time, bus);
    bus.subscribe(events::add);
  }

  /** An idle explicit session that holds KV tokens. */
  Session explicit(int kvTokens) {
    SessionRecord record =
        new SessionRecord(
            table.newId(),
            TenantId.DEFAULT,
            SessionToken.random(random).hash(),
            MODEL,
            time.instant(),
            TTL,
            Map.of("note", "private"),
            time.instant(),
            0,
            false);
    Session session = table.addExplicit(record).orElseThrow();
    store.create(record, List.of());
    table.open(session);
    engine.occupy(session.id(), kvTokens);
    return session;
  }

  /** An idle implicit session that holds KV tokens. */
  Session implicit(int kvTokens) {
    Session session = table.addImplicit(TenantId.DEFAULT, MODEL).session();
    engine.occupy(session.id(), kvTokens);
    return session;
  }

  /** A turn of the session that runs until its lease ends. */
  static Running running(Session session) {
    Running running = new Running();
    session.requestTurn(running);
    return running;
  }

  /** A turn's holder. */
  static final class Running implements TurnHolder {
    private volatile @Nullable Lease lease;
    volatile boolean revoked;

    @Override
    public void granted(Lease granted) {
      lease = granted;
    }

    @Override
    public void refused() {}

    @Override
    public void revoked() {
      revoked = true;
    }

    Lease lease() {
      return Objects.requireNonNull(lease, "the turn was not granted");
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    engine.close();
  }
}
