package dev.hourglass.app;

import dev.hourglass.app.config.HourglassConfig;
import dev.hourglass.core.activity.ActivityWeights;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.reservation.PoolCapacity;
import dev.hourglass.core.reservation.ReservationRules;
import dev.hourglass.core.residency.LadderLimits;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.protocol.request.RequestLimits;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.server.ConnectionLimits;
import dev.hourglass.server.HttpServerSettings;
import dev.hourglass.store.sqlite.SqliteSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The configuration cut into what each part of the house is given. */
final class Settings {
  private static final Duration STORE_BUSY_TIMEOUT = Duration.ofSeconds(10);

  private final HourglassConfig config;
  private final Path cacheFolder;

  Settings(HourglassConfig config, Path cacheFolder) {
    this.config = config;
    this.cacheFolder = cacheFolder;
  }

  HttpServerSettings http() {
    HourglassConfig.Server server = config.server();
    return new HttpServerSettings(
        server.host(),
        server.port(),
        server.insecure(),
        new RequestLimits(
            config.limits().bodyBytes(),
            config.limits().messagesPerRequest(),
            RequestLimits.DEFAULTS.nestingDepth()),
        new ConnectionLimits(
            server.connections(),
            config.limits().headerBytes(),
            ConnectionLimits.DEFAULTS.requestLineBytes(),
            server.headerTimeout(),
            server.bodyTimeout(),
            server.idleTimeout(),
            server.slowClientTimeout(),
            config.limits().unreadBytes()),
        HttpServerSettings.DEFAULTS.destructionWait());
  }

  ApiKeys apiKeys() {
    return new ApiKeys(
        config.keys().stream()
            .map(key -> new ApiKeys.Key(key.tenant(), key.sha256().hex()))
            .toList());
  }

  Duration drainDeadline() {
    return config.server().drainDeadline();
  }

  int turnsInFlight() {
    return config.limits().turnsInFlight();
  }

  /** Slots that an operator set; 0 for those that are measured. */
  int admissionSlots() {
    return config.admission().slots();
  }

  AdmissionSettings admission() {
    HourglassConfig.Admission admission = config.admission();
    return new AdmissionSettings(
        admission.longestWait(),
        admission.horizon(),
        admission.ticketGrace(),
        admission.waiting(),
        admission.tickets());
  }

  SessionLimits sessionLimits() {
    HourglassConfig.Sessions sessions = config.sessions();
    return new SessionLimits(
        sessions.most(),
        sessions.mostImplicit(),
        config.limits().queuePerSession(),
        sessions.contextTtl(),
        sessions.contextTtlMost());
  }

  Duration sweepInterval() {
    return config.sessions().sweepInterval();
  }

  ReservationRules reservationRules() {
    HourglassConfig.Reservations reservations = config.reservations();
    return new ReservationRules(
        reservations.holdTtl(),
        reservations.noShowGrace(),
        reservations.longest(),
        reservations.horizon(),
        reservations.mostPerTenant(),
        reservations.most(),
        reservations.endedKept(),
        reservations.overbookingPercent());
  }

  /** What can be reserved of each model. */
  PoolCapacity reservable(EngineDirectory engines) {
    int configured = config.reservations().sessions();
    return configured > 0
        ? _ -> configured
        : model -> engines.engineFor(model).info().maxSequences();
  }

  SqliteSettings store() {
    return new SqliteSettings(
        config.store().folder().resolve("sessions.db"),
        switch (config.store().synchronous()) {
          case NORMAL -> SqliteSettings.Synchronous.NORMAL;
          case FULL -> SqliteSettings.Synchronous.FULL;
        },
        config.store().receipts(),
        STORE_BUSY_TIMEOUT);
  }

  /** The servers to stand in front of; none where the model is a local one. */
  List<RemoteSettings> upstreams() {
    HourglassConfig.Upstream upstream = config.upstream();
    return upstream.urls().stream()
        .distinct()
        .map(url ->
            new RemoteSettings(
                URI.create(url),
                null,
                upstream.credential().equals("none")
                    ? null
                    : new RemoteSettings.Credential(upstream.credential()),
                RemoteSettings.Trust.SYSTEM,
                upstream.connectTimeout(),
                upstream.stallTimeout(),
                upstream.deadline(),
                upstream.connections(),
                config.limits().unreadBytes()))
        .toList();
  }

  /** How one of several servers of a model is chosen, and tried again. */
  EnginePool.Settings pool() {
    return new EnginePool.Settings(
        RoutingStrategy.ofName(config.upstream().routing()).orElseThrow(),
        config.upstream().deadline(),
        config.sessions().most() + config.sessions().mostImplicit());
  }

  LlamaSettings engine(Path modelFile) {
    HourglassConfig.Engine engine = config.engine();
    return new LlamaSettings(
        modelFile,
        modelName(modelFile),
        engine.contextTokens(),
        engine.kvTokens(),
        engine.sequences(),
        engine.threads() == 0
            ? ComputeThreads.forProcessors(Runtime.getRuntime().availableProcessors())
            : ComputeThreads.of(engine.threads()),
        engine.stepBudget(),
        engine.queue(),
        cacheFolder.resolve("native"));
  }

  Destruction.Settings destruction() {
    HourglassConfig.Destruction destruction = config.retention().destruction();
    return new Destruction.Settings(
        destruction.stageDeadline(),
        destruction.receipts(),
        destruction.workers(),
        destruction.backlog(),
        destruction.tries(),
        destruction.firstPause(),
        destruction.longestPause());
  }

  /** For one call of one release hook. */
  Duration hookDeadline() {
    return config.retention().destruction().hookDeadline();
  }

  RetentionPolicy retentionPolicy() {
    HourglassConfig.Retention retention = config.retention();
    return RetentionPolicy.ofName(retention.policy(), retention.hotTtl(), retention.coldTtl())
        .orElseThrow();
  }

  ActivityWeights activityWeights() {
    HourglassConfig.Activity activity = config.activity();
    return new ActivityWeights(
        activity.density(), activity.responsiveness(), activity.topicContinuity());
  }

  int activityQueue() {
    return config.activity().queue();
  }

  LadderLimits ladder() {
    return new LadderLimits(config.retention().warmBytes(), config.retention().coldBytes());
  }

  Path coldFolder() {
    Path folder = config.retention().coldFolder();
    return folder == null ? cacheFolder.resolve("cold") : folder;
  }

  /** The further names of the model that is served. */
  Map<String, String> modelAliases(String model) {
    return config.model().aliases().stream()
        .filter(alias -> !alias.equals(model))
        .distinct()
        .collect(Collectors.toMap(Function.identity(), _ -> model));
  }

  /** The name of a model file without its ending. */
  static String modelName(Path modelFile) {
    return String.valueOf(modelFile.getFileName()).replaceFirst("\\.gguf$", "");
  }
}
