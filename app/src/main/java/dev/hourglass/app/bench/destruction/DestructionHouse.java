package dev.hourglass.app.bench.destruction;

import dev.hourglass.core.admission.ScheduledTimeline;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.ReleaseHooks;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.store.sqlite.SqliteSessionStore;
import dev.hourglass.store.sqlite.SqliteSettings;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;

/** What a destruction needs around it, as the gateway has it. */
final class DestructionHouse implements AutoCloseable {
  private static final Duration TTL = Duration.ofHours(1);
  private static final int RECEIPTS = 100_000;

  final SessionTable table;
  final Engine engine;
  final SqliteSessionStore store;
  final Destruction destruction;
  private final InstantSource clock = InstantSource.system();
  private final SecureRandom random = new SecureRandom();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("destruction").factory());

  DestructionHouse(Path database, Function<SessionTable, Engine> opening) {
    EventBus events = new EventBus();
    table = new SessionTable(SessionLimits.DEFAULTS, random, clock, events);
    engine = opening.apply(table);
    store =
        SqliteSessionStore.open(
            new SqliteSettings(
                database,
                SqliteSettings.Synchronous.NORMAL,
                RECEIPTS,
                SqliteSettings.DEFAULT_ERASURE_DELAY,
                Duration.ofSeconds(5)));
    Destruction.Settings usual = Destruction.Settings.DEFAULTS;
    destruction =
        new Destruction(
            table,
            new EngineDirectory(List.of(engine), Map.of()),
            store,
            blocking,
            new ScheduledTimeline(schedule, System::nanoTime),
            clock,
            events,
            ReleaseHooks.none(),
            new Destruction.Settings(
                usual.stageDeadline(),
                RECEIPTS,
                usual.workers(),
                usual.backlog(),
                usual.tries(),
                usual.firstPause(),
                usual.longestPause()));
  }

  Session explicit() {
    Instant now = clock.instant();
    SessionRecord record =
        new SessionRecord(
            table.newId(),
            TenantId.DEFAULT,
            SessionToken.random(random).hash(),
            engine.info().model(),
            now,
            TTL,
            Map.of(),
            now,
            0,
            false);
    Session session = table.addExplicit(record).orElseThrow();
    store.create(record, List.of());
    table.open(session);
    return session;
  }

  Session implicit() {
    return table.addImplicit(TenantId.DEFAULT, engine.info().model()).session();
  }

  Instant now() {
    return clock.instant();
  }

  @Override
  public void close() {
    blocking.close();
    schedule.shutdownNow();
    engine.close();
    store.close();
  }
}
