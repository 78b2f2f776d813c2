package dev.hourglass.app;

import dev.hourglass.app.ShutdownOrder.Phase;
import dev.hourglass.app.config.HourglassConfig;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.HostSensor;
import dev.hourglass.app.host.Surroundings;
import dev.hourglass.core.Gateway;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.activity.CachedEmbedder;
import dev.hourglass.core.activity.Embedder;
import dev.hourglass.core.activity.ModelEmbedder;
import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.CapacityView;
import dev.hourglass.core.admission.LivePool;
import dev.hourglass.core.admission.ScheduledTimeline;
import dev.hourglass.core.admission.Timeline;
import dev.hourglass.core.admission.TurnLimit;
import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.embedding.EmbeddingModel;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.ObservedEngine;
import dev.hourglass.core.load.live.ReservationSensor;
import dev.hourglass.core.load.live.Sensor;
import dev.hourglass.core.reservation.ReservationTransitions;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.reservation.ReservedCapacity;
import dev.hourglass.core.reservation.SteadyClock;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.ReleaseHook;
import dev.hourglass.core.retention.ReleaseHooks;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.policy.RetentionView;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.embed.onnx.OnnxEmbeddingModel;
import dev.hourglass.server.HourglassServer;
import dev.hourglass.server.House;
import dev.hourglass.store.sqlite.SqliteSessionStore;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.function.Supplier;

/** The program. {@link #open} is its map: every part, and what each is given. */
public final class Main {
  private static final Duration CUT_DEADLINE = Duration.ofSeconds(5);
  private static final Duration SHUTDOWN_DEADLINE = Duration.ofSeconds(10);
  private static final Duration RESERVATION_SWEEP = Duration.ofSeconds(1);

  private final Settings settings;
  private final Optional<ConfigFile> configFile;
  private final ShutdownOrder shutdown;
  private final InstantSource clock = new SteadyClock(InstantSource.system(), System::nanoTime);
  private final SecureRandom random = new SecureRandom();
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService waiting =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("waiting").factory());

  /** A thread of its own: what runs there is native code, which a virtual thread would hold up. */
  private final ScheduledExecutorService embedding =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("embedding").factory());

  private Main(Settings settings, Optional<ConfigFile> configFile, ShutdownOrder shutdown) {
    this.settings = settings;
    this.configFile = configFile;
    this.shutdown = shutdown;
  }

  static void main(String[] arguments) {
    System.exit(HourglassCommand.commandLine(Surroundings.ofThisProcess()).execute(arguments));
  }

  /** Listens; until {@link #open} the server answers that it is not ready. */
  HourglassServer listen() throws IOException, InterruptedException {
    JvmMeters jvm = JvmMeters.show(meters);
    shutdown.at(Phase.LISTENING, jvm::close);
    HourglassServer server =
        HourglassServer.start(settings.http(), settings.apiKeys(), meters, blocking, random, clock);
    shutdown.at(Phase.LISTENING, () -> server.stop(settings.drainDeadline()));
    shutdown.at(Phase.LOOPS, () -> server.close(Duration.ZERO));
    return server;
  }

  /**
   * Puts the house together and opens it.
   *
   * @param modelFile of the embedded engine; empty where other servers are the engines
   */
  void open(HourglassServer server, Optional<Path> modelFile)
      throws ExpectedFailure, InterruptedException {
    EventBus events = new EventBus();
    SessionLimits limits = settings.sessionLimits();
    SessionTable table = new SessionTable(limits, random, clock, events);

    SqliteSessionStore store = SqliteSessionStore.open(settings.store());
    shutdown.at(Phase.STORE, store::close);
    Upstreams upstreams =
        Upstreams.open(
            settings.upstreams(), settings::pool, server.vertx(), table, random, blocking);
    shutdown.at(Phase.ENGINE, upstreams::close);
    List<ObservedEngine> observed = new ArrayList<>();
    List<EmbeddingModel> embeddingModels = OnnxEmbeddingModel.all(settings.nativeFolder());
    ActivityWatch activity = activity(embeddingModels);
    Optional<EmbeddedEngine> embedded =
        modelFile.isPresent()
            ? Optional.of(embedded(modelFile.get(), table, activity, events))
            : Optional.empty();
    EngineDirectory engines =
        embedded
            .map(engine -> directory(engine, observed))
            .orElseGet(() -> remote(upstreams, observed));

    Destruction destruction =
        new Destruction(
            table,
            engines,
            store,
            blocking,
            new ScheduledTimeline(waiting, System::nanoTime),
            clock,
            events,
            releaseHooks(),
            settings.destruction());
    Reservations reservations =
        new Reservations(
            engines,
            settings.reservable(engines),
            new ReservationTransitions(settings.reservationRules()),
            store.reservations(),
            random,
            clock,
            events);
    reservations.recover();

    LoadWatch load =
        new LoadWatch(
            List.copyOf(observed),
            table,
            sensors(observed, reservations),
            events,
            blocking,
            clock,
            System::nanoTime);

    Function<ObservedEngine, LivePool> live =
        engine -> new LivePool(engine.info(), settings.admissionSlots(), load, reservations);
    List<LivePool> pools = observed.stream().map(live).toList();
    Admissions admissions = admissions(pools, upstreams.unlisted().isPresent(), reservations);
    ServedModels models =
        new ServedModels(
            engines,
            load,
            admissions,
            reservations,
            observed,
            pools,
            live,
            this::admission,
            this::names);
    Gateway gateway =
        new Gateway(
            table, engines, store, destruction, admissions, activity, blocking, clock, events);
    shutdown.at(Phase.TURNS, () -> gateway.drain(CUT_DEADLINE));
    Sessions sessions = new Sessions(table, limits, store, engines, destruction, random, clock);
    sessions.recover();
    Sweep sweep = new Sweep(table, engines, destruction, clock, events);
    DestructionMeters.show(destruction, sweep, store, meters);
    shutdown.at(Phase.BACKGROUND, () -> destruction.shutdown(SHUTDOWN_DEADLINE));
    Background background = Background.start(sweep, settings.sweepInterval(), blocking);
    background.everySecond(load::second);
    background.everySecond(upstreams::second);
    background.everySecond(() -> upstreams.look(models::serve));
    // What began with a model of its own goes on with that.
    configFile
        .filter(_ -> embedded.isEmpty())
        .map(file ->
            new PoolFile(
                file.path(),
                file.plans(),
                plans -> upstreams.follow(plans, models::serve),
                blocking))
        .ifPresent(file -> background.everySecond(file::look));
    embedded.ifPresent(engine -> background.everySecond(() -> engine.second(load)));
    background.everySecond(activity::measureTopics, embedding);
    shutdown.at(Phase.BACKGROUND, embedding::shutdownNow);
    background.everySecond(models::second);
    background.everySecond(admissions::capacityChanged);
    background.every(RESERVATION_SWEEP, reservations::sweep);
    shutdown.at(Phase.BACKGROUND, background::close);
    server.open(
        new House(
            gateway,
            sessions,
            table,
            engines,
            events,
            reservations,
            load,
            embedded.<RetentionView>map(EmbeddedEngine::retention).orElse(RetentionView.OF_OTHERS),
            sweep,
            new EmbeddingDesk(embeddingModels, settings.embeddings(), embedding),
            upstreams.pools()));
  }

  /** The release hooks on the class path, in their order. */
  private ReleaseHooks releaseHooks() throws ExpectedFailure {
    try {
      List<ReleaseHook> found =
          ServiceLoader.load(ReleaseHook.class).stream().map(ServiceLoader.Provider::get).toList();
      return new ReleaseHooks(found, settings.hookDeadline(), blocking);
    } catch (ServiceConfigurationError | IllegalArgumentException unusable) {
      throw new ExpectedFailure("release hooks: " + unusable.getMessage(), unusable);
    }
  }

  /** What is measured of the load beside engines and sessions. */
  private static List<Sensor> sensors(List<ObservedEngine> engines, ReservedCapacity reserved) {
    List<Sensor> sensors = new ArrayList<>();
    engines.forEach(engine -> sensors.add(new ReservationSensor(reserved, engine.info().model())));
    sensors.add(new HostSensor(System::nanoTime));
    return sensors;
  }

  /** The admission of each pool, and of models that are only known when somebody asks for them. */
  private Admissions admissions(
      List<LivePool> pools, boolean unlistedModels, ReservedCapacity reserved) {
    Map<String, Admission> byModel = new HashMap<>();
    for (LivePool pool : pools) {
      byModel.put(pool.model(), admission(pool));
    }
    return new Admissions(
        new TurnLimit(settings.turnsInFlight()),
        byModel,
        unlistedModels ? admission(CapacityView.of(settings.turnsInFlight())) : null,
        reserved);
  }

  private Admission admission(CapacityView pool) {
    Timeline timeline = new ScheduledTimeline(waiting, System::nanoTime);
    return new Admission(settings.admission(), pool, timeline, random);
  }

  private EmbeddedEngine embedded(
      Path modelFile, SessionTable table, ActivityWatch activity, EventBus events)
      throws ExpectedFailure {
    Liveliness liveliness =
        session ->
            table
                .byId(session)
                .map(Session::activity)
                .map(its -> () -> activity.score(its).score());
    EmbeddedEngine engine =
        EmbeddedEngine.open(settings, modelFile, table, events, liveliness, meters, random, clock);
    shutdown.at(Phase.ENGINE, engine::close);
    return engine;
  }

  private ActivityWatch activity(List<EmbeddingModel> models) {
    return new ActivityWatch(
        settings.activityWeights(),
        settings.embedsTopics() ? embedder(models) : _ -> Optional.empty(),
        settings.activityQueue(),
        System::nanoTime);
  }

  private Embedder embedder(List<EmbeddingModel> models) {
    CachedEmbedder cache = new CachedEmbedder(new ModelEmbedder(models), settings.topicCache());
    TopicCacheMeters.show(cache, meters);
    return cache;
  }

  /** The directory of the one model that runs in this process. */
  private EngineDirectory directory(EmbeddedEngine embedded, List<ObservedEngine> observed) {
    ObservedEngine engine = new ObservedEngine(embedded.engine(), System::nanoTime);
    observed.add(engine);
    return new EngineDirectory(List.of(engine), settings.modelAliases(engine.info().model()));
  }

  /** The directory of what other servers serve. */
  private EngineDirectory remote(Upstreams upstreams, List<ObservedEngine> observed) {
    for (EnginePool pool : upstreams.catalogue().pools()) {
      observed.add(new ObservedEngine(pool, System::nanoTime));
    }
    return new EngineDirectory(
        List.copyOf(observed),
        names(upstreams.catalogue()),
        upstreams.unlisted().<Function<String, Engine>>map(pools -> pools::apply).orElse(null));
  }

  /** Further names of what other servers serve. */
  private Map<String, String> names(Upstreams.Catalogue catalogue) {
    Map<String, String> names = new HashMap<>(catalogue.aliases());
    if (!catalogue.pools().isEmpty()) {
      names.putAll(settings.modelAliases(catalogue.pools().getFirst().info().model()));
    }
    return names;
  }

  static Main of(HourglassConfig config, Surroundings surroundings, ShutdownOrder shutdown) {
    return new Main(
        new Settings(config, surroundings.folders().cache()), Optional.empty(), shutdown);
  }

  /**
   * A house whose pools follow the configuration file.
   *
   * @param reading reads the file again, and checks it
   */
  static Main following(
      Path file,
      Supplier<HourglassConfig> reading,
      HourglassConfig config,
      Surroundings surroundings,
      ShutdownOrder shutdown) {
    Settings settings = new Settings(config, surroundings.folders().cache());
    return new Main(
        settings,
        Optional.of(new ConfigFile(file, () -> settings.upstreams(reading.get()))),
        shutdown);
  }

  /** The configuration file, and what it wishes of other servers now. */
  private record ConfigFile(Path path, Supplier<List<UpstreamPlan>> plans) {}
}
