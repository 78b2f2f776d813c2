package dev.hourglass.app.bench.overload;

import dev.hourglass.core.Gateway;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.CapacityView;
import dev.hourglass.core.admission.LivePool;
import dev.hourglass.core.admission.ScheduledTimeline;
import dev.hourglass.core.admission.TurnLimit;
import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.ObservedEngine;
import dev.hourglass.core.reservation.ReservationRules;
import dev.hourglass.core.reservation.ReservationTransitions;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.policy.RetentionView;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.protocol.request.RequestLimits;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.server.ConnectionLimits;
import dev.hourglass.server.HourglassServer;
import dev.hourglass.server.House;
import dev.hourglass.server.HttpServerSettings;
import dev.hourglass.store.sqlite.SqliteSessionStore;
import dev.hourglass.store.sqlite.SqliteSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A whole gateway on loopback, with an engine of known capacity. */
final class OverloadHouse {
  private static final int EVERYBODY = 100_000;
  private static final Duration SHORT = Duration.ofMillis(100);

  private final PacedEngine engine;
  private final SqliteSessionStore store;
  private final Gateway gateway;
  private final HourglassServer server;
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("overload").factory());

  OverloadHouse(Policy policy, int slots, Path data) throws IOException, InterruptedException {
    InstantSource clock = InstantSource.system();
    SecureRandom random = new SecureRandom();
    EventBus events = new EventBus();
    SessionLimits limits = SessionLimits.DEFAULTS;
    SessionTable table = new SessionTable(limits, random, clock, events);
    store =
        SqliteSessionStore.open(
            new SqliteSettings(
                data.resolve(policy.label() + ".db"),
                SqliteSettings.Synchronous.NORMAL,
                1_000,
                SqliteSettings.DEFAULT_ERASURE_DELAY,
                Duration.ofSeconds(5)));
    engine = new PacedEngine(slots, System::nanoTime);
    ObservedEngine observed = new ObservedEngine(engine, System::nanoTime);
    EngineDirectory engines = new EngineDirectory(List.of(observed), Map.of());
    Destruction destruction =
        new Destruction(
            table, engines, store, blocking, clock, events, Destruction.Settings.DEFAULTS);
    Reservations reservations =
        new Reservations(
            engines,
            _ -> slots,
            new ReservationTransitions(ReservationRules.DEFAULTS),
            store.reservations(),
            random,
            clock,
            events);
    LoadWatch load =
        new LoadWatch(
            List.of(observed), table, List.of(), events, blocking, clock, System::nanoTime);
    LivePool pool = new LivePool(engine.info(), 0, load, reservations);
    Admission admission =
        new Admission(
            AdmissionSettings.DEFAULTS,
            policy == Policy.TICKET ? pool : CapacityView.of(EVERYBODY),
            new ScheduledTimeline(schedule, System::nanoTime),
            random);
    int turns = policy == Policy.STATIC_LIMIT ? slots : EVERYBODY;
    gateway =
        new Gateway(
            table,
            engines,
            store,
            destruction,
            new Admissions(
                new TurnLimit(turns), Map.of(PacedEngine.MODEL, admission), null, reservations),
            ActivityWatch.ofWords(System::nanoTime),
            blocking,
            clock,
            events);
    var _ =
        schedule.scheduleWithFixedDelay(
            () -> {
              load.second();
              pool.second();
              admission.capacityChanged();
            },
            1,
            1,
            TimeUnit.SECONDS);
    server =
        HourglassServer.start(
            new HttpServerSettings(
                "127.0.0.1",
                0,
                false,
                RequestLimits.DEFAULTS,
                ConnectionLimits.DEFAULTS,
                Duration.ofSeconds(1)),
            ApiKeys.none(),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            blocking,
            random,
            clock);
    server.open(
        new House(
            gateway,
            new Sessions(table, limits, store, engines, destruction, random, clock),
            table,
            engines,
            events,
            reservations,
            load,
            RetentionView.OF_OTHERS,
            new Sweep(table, engines, destruction, clock, events),
            EmbeddingDesk.empty(),
            List.of()));
  }

  URI chat() {
    return URI.create("http://127.0.0.1:" + server.port() + "/v1/chat/completions");
  }

  PacedEngine engine() {
    return engine;
  }

  void close() throws InterruptedException {
    server.close(SHORT);
    gateway.drain(SHORT);
    schedule.shutdownNow();
    engine.close();
    blocking.shutdownNow();
    var _ = blocking.awaitTermination(1, TimeUnit.SECONDS);
    store.close();
  }
}
