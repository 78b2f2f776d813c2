package dev.hourglass.app.bench.oversubscription;

import dev.hourglass.app.cold.ColdFiles;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.Gateway;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.CapacityView;
import dev.hourglass.core.admission.ScheduledTimeline;
import dev.hourglass.core.admission.TurnLimit;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.reservation.ReservationRules;
import dev.hourglass.core.reservation.ReservationTransitions;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.residency.BreakEven;
import dev.hourglass.core.residency.ColdStore;
import dev.hourglass.core.residency.LadderLimits;
import dev.hourglass.core.residency.LadderStats;
import dev.hourglass.core.residency.LadderedEngine;
import dev.hourglass.core.residency.SnapshotLadder;
import dev.hourglass.core.residency.Upkeep;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import dev.hourglass.core.retention.policy.Tiers;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.store.sqlite.SqliteSessionStore;
import dev.hourglass.store.sqlite.SqliteSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A gateway on the embedded engine whose time is that of the plan. */
final class OversubscribedHouse implements AutoCloseable {
  private static final int EVERYBODY = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final PlanClock clock = new PlanClock();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final ExecutorService coldLane =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("cold").factory());
  private final ScheduledExecutorService waiting =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("waiting").factory());
  private final SqliteSessionStore store;
  private final SessionTable table;
  private final SnapshotLadder ladder;
  private final LadderedEngine engine;
  private final LiveRetention retention;
  private final Upkeep upkeep;
  private final Destruction destruction;
  private final Sweep sweep;
  private final Gateway gateway;

  OversubscribedHouse(
      RetentionPolicy policy, LlamaSettings settings, LadderLimits limits, Path data)
      throws IOException, ExpectedFailure {
    SecureRandom random = new SecureRandom();
    EventBus events = new EventBus();
    table = new SessionTable(SessionLimits.DEFAULTS, random, clock, events);
    BreakEven breakEven = new BreakEven();
    retention =
        new LiveRetention(
            policy,
            new Tiers(
                settings.kvTokens(),
                settings.maxSequences(),
                limits.warmBytes(),
                limits.coldBytes()),
            breakEven,
            Liveliness.UNKNOWN,
            SessionLimits.DEFAULTS.implicitSessions(),
            clock::nanos,
            new Random(1));
    events.subscribe(retention::note);
    @Nullable ColdStore cold =
        limits.coldBytes() == 0 ? null : ColdFiles.open(data.resolve("cold"), random);
    ladder =
        new SnapshotLadder(
            limits,
            cold,
            coldLane,
            retention.andThen(table),
            retention,
            breakEven,
            System::nanoTime,
            new Random(2));
    LlamaOpening opening =
        LlamaEngine.open(settings, retention, ladder, ladder, System::nanoTime, random);
    engine =
        switch (opening) {
          case LlamaOpening.Opened(LlamaEngine opened) ->
              new LadderedEngine(opened, ladder, System::nanoTime);
          case LlamaOpening.Unavailable(String reason) -> throw new ExpectedFailure(reason);
        };
    upkeep = new Upkeep(retention, engine, ladder, limits);
    EngineDirectory engines = new EngineDirectory(List.of(engine), Map.of());
    store =
        SqliteSessionStore.open(
            new SqliteSettings(
                data.resolve("sessions.db"),
                SqliteSettings.Synchronous.NORMAL,
                1_000,
                SqliteSettings.DEFAULT_ERASURE_DELAY,
                Duration.ofSeconds(5)));
    destruction =
        new Destruction(
            table, engines, store, blocking, clock, events, Destruction.Settings.DEFAULTS);
    sweep = new Sweep(table, engines, destruction, clock, events);
    Reservations reservations =
        new Reservations(
            engines,
            _ -> EVERYBODY,
            new ReservationTransitions(ReservationRules.DEFAULTS),
            store.reservations(),
            random,
            clock,
            events);
    Admission admission =
        new Admission(
            AdmissionSettings.DEFAULTS,
            CapacityView.of(EVERYBODY),
            new ScheduledTimeline(waiting, System::nanoTime),
            random);
    gateway =
        new Gateway(
            table,
            engines,
            store,
            destruction,
            new Admissions(
                new TurnLimit(EVERYBODY),
                Map.of(engine.info().model(), admission),
                null,
                reservations),
            ActivityWatch.ofWords(clock::nanos),
            blocking,
            clock,
            events);
  }

  Gateway gateway() {
    return gateway;
  }

  PlanClock clock() {
    return clock;
  }

  LadderStats ladder() {
    return ladder.stats();
  }

  boolean fellBack() {
    return retention.current().fallenBack();
  }

  /** Tells retention what time it is. */
  void second() {
    upkeep.second(OptionalDouble.empty());
  }

  /** Lets everybody be idle for too long, and sweeps; answers what the engine still holds. */
  int kvTokensAfterExpiry() throws InterruptedException {
    clock.reach(clock.seconds() + SessionLimits.DEFAULTS.defaultTtl().toSeconds() + 1);
    var _ = sweep.run();
    CompletableFuture<Void> empty = new CompletableFuture<>();
    var look =
        waiting.scheduleWithFixedDelay(
            () -> {
              if (table.size() == 0) {
                empty.complete(null);
              }
            },
            0,
            10,
            TimeUnit.MILLISECONDS);
    try {
      empty.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException late) {
      // What is held then is what the report shows.
    } finally {
      look.cancel(false);
    }
    return engine.occupancy().thenApply(KvOccupancy::usedTokens).toCompletableFuture().join();
  }

  @Override
  public void close() throws IOException {
    try {
      gateway.drain(PATIENCE);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    engine.close();
    coldLane.close();
    waiting.shutdownNow();
    blocking.close();
    store.close();
  }
}
