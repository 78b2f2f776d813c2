package dev.hourglass.verify.house;

import dev.hourglass.core.Gateway;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.ObservedEngine;
import dev.hourglass.core.reservation.ReservationRules;
import dev.hourglass.core.reservation.ReservationTransitions;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.policy.RetentionView;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.embed.onnx.OnnxEmbeddingModel;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.protocol.request.RequestLimits;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.server.ConnectionLimits;
import dev.hourglass.server.HourglassServer;
import dev.hourglass.server.House;
import dev.hourglass.server.HttpServerSettings;
import dev.hourglass.store.sqlite.SqliteSessionStore;
import dev.hourglass.store.sqlite.SqliteSettings;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
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
import java.util.function.BiFunction;
import java.util.function.Function;

/** A house in this process: a llama.cpp engine, an SQLite file, a server on a port of its own. */
final class RunningHouse implements AutoCloseable {
  private final Engine engine;
  private final SqliteSessionStore store;
  private final ExecutorService blocking;
  private final SessionTable table;
  private final Gateway gateway;
  private final HourglassServer server;
  private final MeterRegistry meters;

  private RunningHouse(
      Engine engine,
      SqliteSessionStore store,
      ExecutorService blocking,
      SessionTable table,
      Gateway gateway,
      HourglassServer server,
      MeterRegistry meters) {
    this.engine = engine;
    this.store = store;
    this.blocking = blocking;
    this.table = table;
    this.gateway = gateway;
    this.server = server;
    this.meters = meters;
  }

  static RunningHouse start(LlamaSettings model, Path data, ApiKeys keys)
      throws IOException, InterruptedException {
    return start(
        table -> open(model, table), data, keys, engines -> RealTimeAdmission.open(engines, 512));
  }

  private static Engine open(LlamaSettings model, SessionTable table) {
    return switch (LlamaEngine.open(
        model, new LeastRecentlyUsed(), table, System::nanoTime, new SecureRandom())) {
      case LlamaOpening.Opened(var opened) -> opened;
      case LlamaOpening.Unavailable(var reason) -> throw new IllegalStateException(reason);
    };
  }

  static RunningHouse start(
      Function<SessionTable, Engine> opening,
      Path data,
      ApiKeys keys,
      Function<EngineDirectory, Admissions> admissions)
      throws IOException, InterruptedException {
    return start(
        (table, _) -> opening.apply(table), data, keys, admissions, ConnectionLimits.DEFAULTS);
  }

  /**
   * Starts a house whose engine may run on the event loops of the server, as the program's do.
   *
   * @param opening opens the engine
   */
  static RunningHouse start(
      BiFunction<SessionTable, Vertx, Engine> opening,
      Path data,
      ApiKeys keys,
      Function<EngineDirectory, Admissions> admissions,
      ConnectionLimits connections)
      throws IOException, InterruptedException {
    SecureRandom random = new SecureRandom();
    InstantSource clock = InstantSource.system();
    EventBus events = new EventBus();
    SessionTable table = new SessionTable(SessionLimits.DEFAULTS, random, clock, events);
    ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    HourglassServer server =
        HourglassServer.start(
            new HttpServerSettings(
                "127.0.0.1", 0, false, RequestLimits.DEFAULTS, connections, Duration.ofSeconds(2)),
            keys,
            meters,
            blocking,
            random,
            clock);
    Engine engine = opening.apply(table, server.vertx());
    SqliteSessionStore store =
        SqliteSessionStore.open(
            new SqliteSettings(
                data.resolve("sessions.db"),
                SqliteSettings.Synchronous.NORMAL,
                1_000,
                SqliteSettings.DEFAULT_ERASURE_DELAY,
                Duration.ofSeconds(5)));
    ObservedEngine observed = new ObservedEngine(engine, System::nanoTime);
    EngineDirectory engines = new EngineDirectory(List.of(observed), Map.of());
    Destruction destruction =
        new Destruction(
            table, engines, store, blocking, clock, events, Destruction.Settings.DEFAULTS);
    Gateway gateway =
        new Gateway(
            table,
            engines,
            store,
            destruction,
            admissions.apply(engines),
            ActivityWatch.ofWords(System::nanoTime),
            blocking,
            clock,
            events);
    Sessions sessions =
        new Sessions(table, SessionLimits.DEFAULTS, store, engines, destruction, random, clock);
    LoadWatch load =
        new LoadWatch(
            List.of(observed), table, List.of(), events, blocking, clock, System::nanoTime);
    sessions.recover();
    Reservations reservations =
        new Reservations(
            engines,
            _ -> 16,
            new ReservationTransitions(ReservationRules.DEFAULTS),
            store.reservations(),
            random,
            clock,
            events);
    reservations.recover();
    server.open(
        new House(
            gateway,
            sessions,
            table,
            engines,
            events,
            reservations,
            load,
            RetentionView.OF_OTHERS,
            new Sweep(table, engines, destruction, clock, events),
            new EmbeddingDesk(
                OnnxEmbeddingModel.all(data.resolve("native")),
                EmbeddingDesk.Limits.DEFAULTS,
                blocking),
            List.of()));
    return new RunningHouse(engine, store, blocking, table, gateway, server, meters);
  }

  URI base() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  /** What a gauge without tags shows now. */
  double figure(String name) {
    return meters.get(name).gauge().value();
  }

  SessionTable table() {
    return table;
  }

  Gateway gateway() {
    return gateway;
  }

  KvOccupancy occupancy() {
    return engine.occupancy().toCompletableFuture().join();
  }

  @Override
  public void close() {
    try {
      gateway.drain(Duration.ofSeconds(10));
      server.close(Duration.ofSeconds(5));
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException("interrupted while closing", interrupted);
    }
    blocking.close();
    engine.close();
    store.close();
  }
}
