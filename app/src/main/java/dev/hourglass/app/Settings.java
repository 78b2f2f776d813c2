package dev.hourglass.app;

import dev.hourglass.app.config.HourglassConfig;
import dev.hourglass.core.activity.ActivityWeights;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.embedding.EmbeddingDesk;
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
import dev.hourglass.engine.remote.ServerKind;
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
import org.jspecify.annotations.Nullable;

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
        server.tlsCertificate() == null || server.tlsKey() == null
            ? null
            : new HttpServerSettings.Tls(server.tlsCertificate(), server.tlsKey(), server.http2()),
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
        config.store().erasureDelay(),
        STORE_BUSY_TIMEOUT);
  }

  /** The servers to stand in front of; none where the model is a local one. */
  List<UpstreamPlan> upstreams() {
    return upstreams(config);
  }

  /** The same of a configuration that was read again. */
  List<UpstreamPlan> upstreams(HourglassConfig read) {
    HourglassConfig.Upstream upstream = read.upstream();
    if (!upstream.urls().isEmpty()) {
      RemoteSettings.Credential credential =
          upstream.credential().equals("none")
              ? null
              : new RemoteSettings.Credential(upstream.credential());
      return List.of(
          new UpstreamPlan(
              "upstream",
              List.of(),
              // Those of `model.aliases` stand for the default model, whatever it is called.
              Map.of(),
              null,
              RoutingStrategy.ofName(upstream.routing()).orElseThrow(),
              upstream.urls().stream()
                  .distinct()
                  .map(url ->
                      new UpstreamPlan.Server(
                          remote(url, null, credential, RemoteSettings.Trust.SYSTEM), 1, 0))
                  .toList()));
    }
    return read.pools().stream()
        .map(pool ->
            new UpstreamPlan(
                pool.name(),
                pool.models(),
                pool.aliases(),
                pool.defaultModel(),
                RoutingStrategy.ofName(pool.routing()).orElseThrow(),
                pool.servers().stream().map(this::server).toList()))
        .toList();
  }

  private UpstreamPlan.Server server(HourglassConfig.PoolServer server) {
    RemoteSettings.Trust trust =
        server.insecure()
            ? new RemoteSettings.Trust.Anybody()
            : server.caFile() == null
                ? RemoteSettings.Trust.SYSTEM
                : new RemoteSettings.Trust.Authorities(server.caFile());
    return new UpstreamPlan.Server(
        remote(server.url(), server.kind(), server.credential(), trust),
        server.weight(),
        server.capacity());
  }

  private RemoteSettings remote(
      String url,
      @Nullable ServerKind kind,
      RemoteSettings.@Nullable Credential credential,
      RemoteSettings.Trust trust) {
    HourglassConfig.Upstream upstream = config.upstream();
    return new RemoteSettings(
        URI.create(url),
        kind,
        credential,
        trust,
        upstream.connectTimeout(),
        upstream.stallTimeout(),
        upstream.deadline(),
        upstream.connections(),
        config.limits().unreadBytes());
  }

  /** How one of several servers of a model is chosen, and tried again. */
  EnginePool.Settings pool(RoutingStrategy strategy) {
    return new EnginePool.Settings(
        strategy,
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
        nativeFolder());
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

  boolean embedsTopics() {
    return switch (config.activity().topics()) {
      case WORDS -> false;
      case EMBEDDINGS -> true;
    };
  }

  int topicCache() {
    return config.activity().cache();
  }

  EmbeddingDesk.Limits embeddings() {
    HourglassConfig.Embeddings embeddings = config.embeddings();
    return new EmbeddingDesk.Limits(
        embeddings.texts(), embeddings.characters(), embeddings.waiting());
  }

  Path nativeFolder() {
    return cacheFolder.resolve("native");
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
