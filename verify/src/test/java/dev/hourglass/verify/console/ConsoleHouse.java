package dev.hourglass.verify.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.core.Gateway;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.ObservedEngine;
import dev.hourglass.core.reservation.ReservationRules;
import dev.hourglass.core.reservation.ReservationTransitions;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.Liveliness;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.RetentionPolicy;
import dev.hourglass.core.retention.policy.ReturnCost;
import dev.hourglass.core.retention.policy.Tiers;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.HealthProbe;
import dev.hourglass.core.routing.PoolMember;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.protocol.request.RequestLimits;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.server.ConnectionLimits;
import dev.hourglass.server.HourglassServer;
import dev.hourglass.server.House;
import dev.hourglass.server.HttpServerSettings;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.store.InMemoryReservationStore;
import dev.hourglass.testkit.store.InMemorySessionStore;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;

/** A running server whose engine says what a test wants, and a client of its API. */
final class ConsoleHouse {
  static final String MODEL = "scripted";
  private static final ObjectMapper JSON = new ObjectMapper();

  final ScriptedEngine engine;
  final LoadWatch load;
  final Sweep sweep;
  private final Gateway gateway;
  private final HourglassServer server;
  private final InMemorySessionStore store = new InMemorySessionStore();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** What differs from test to test. */
  record Plan(ApiKeys keys, int turns, Duration destructionWait, boolean pooled) {
    static final Plan USUAL = new Plan(ApiKeys.none(), 64, Duration.ofSeconds(2), false);

    Plan key(String tenant, String secret) {
      ApiKeys.Key key = ApiKeys.Key.of(new TenantId(tenant), secret);
      return new Plan(new ApiKeys(List.of(key)), turns, destructionWait, pooled);
    }

    Plan turns(int most) {
      return new Plan(keys, most, destructionWait, pooled);
    }

    Plan destructionWait(Duration wait) {
      return new Plan(keys, turns, wait, pooled);
    }

    /** The engine is one of two endpoints; the other one says what scripts say by themselves. */
    Plan withTwoEndpoints() {
      return new Plan(keys, turns, destructionWait, true);
    }
  }

  ConsoleHouse(Plan plan) throws IOException, InterruptedException {
    InstantSource clock = InstantSource.system();
    SecureRandom random = new SecureRandom();
    EventBus events = new EventBus();
    SessionTable table = new SessionTable(SessionLimits.DEFAULTS, random, clock, events);
    LiveRetention retention =
        new LiveRetention(
            new RetentionPolicy.ByValue(),
            new Tiers(10_000, 16, 0, 0),
            ReturnCost.ASSUMED,
            Liveliness.UNKNOWN,
            2_000,
            System::nanoTime,
            random);
    events.subscribe(retention::note);
    engine = new ScriptedEngine(MODEL, 10_000, retention.andThen(table));
    List<EnginePool> pools =
        plan.pooled() ? List.of(pool(retention.andThen(table), random)) : List.of();
    ObservedEngine observed =
        new ObservedEngine(plan.pooled() ? pools.getFirst() : engine, System::nanoTime);
    EngineDirectory engines = new EngineDirectory(List.of(observed), Map.of());
    Destruction destruction =
        new Destruction(
            table, engines, store, blocking, clock, events, Destruction.Settings.DEFAULTS);
    gateway =
        new Gateway(
            table,
            engines,
            store,
            destruction,
            RealTimeAdmission.open(engines, plan.turns()),
            ActivityWatch.ofWords(System::nanoTime),
            blocking,
            clock,
            events);
    Sessions sessions =
        new Sessions(table, SessionLimits.DEFAULTS, store, engines, destruction, random, clock);
    load =
        new LoadWatch(
            List.of(observed), table, List.of(), events, blocking, clock, System::nanoTime);
    server =
        HourglassServer.start(
            new HttpServerSettings(
                "127.0.0.1",
                0,
                false,
                RequestLimits.DEFAULTS,
                ConnectionLimits.DEFAULTS,
                plan.destructionWait()),
            plan.keys(),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            blocking,
            random,
            clock);
    Reservations reservations =
        new Reservations(
            engines,
            _ -> 16,
            new ReservationTransitions(ReservationRules.DEFAULTS),
            new InMemoryReservationStore(),
            random,
            clock,
            events);
    reservations.recover();
    sweep = new Sweep(table, engines, destruction, clock, events);
    server.open(
        new House(
            gateway,
            sessions,
            table,
            engines,
            events,
            reservations,
            load,
            retention,
            sweep,
            EmbeddingDesk.empty(),
            pools));
  }

  private EnginePool pool(ResidencyListener residency, RandomGenerator random) {
    EnginePool pool =
        new EnginePool(
            MODEL, EnginePool.Settings.DEFAULTS, residency, System::nanoTime, random, blocking);
    HealthProbe well = () -> CompletableFuture.completedFuture(true);
    pool.add(new PoolMember(new EndpointId("one"), engine, 2, 8, well));
    ScriptedEngine other = new ScriptedEngine(MODEL, 10_000, residency);
    pool.add(new PoolMember(new EndpointId("two"), other, 1, 0, well));
    return pool;
  }

  String address() {
    return "http://127.0.0.1:" + server.port();
  }

  /** An answer of the API. */
  record Reply(int status, JsonNode json) {}

  Reply get(String path, String... headers) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(address() + path)).GET(), headers);
  }

  Reply delete(String path, String... headers) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(address() + path)).DELETE(), headers);
  }

  Reply post(String path, String body, String... headers) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(address() + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)),
        headers);
  }

  /** A body that says one thing as the user. */
  static String userSays(String text) {
    return JSON.createObjectNode()
        .set(
            "messages",
            JSON.createArrayNode()
                .add(JSON.createObjectNode().put("role", "user").put("content", text)))
        .toString();
  }

  /** A conversation of one turn over the API; its id and token. */
  JsonNode conversation(String text, String... headers) throws IOException, InterruptedException {
    JsonNode session = post("/v1/sessions", "{}", headers).json();
    Reply answer =
        post(
            "/v1/chat/completions",
            userSays(text),
            "X-Session-Token",
            session.get("session_token").asText());
    assertThat(answer.status()).isEqualTo(200);
    return session;
  }

  private Reply send(HttpRequest.Builder request, String... headers)
      throws IOException, InterruptedException {
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<byte[]> response =
        client.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofByteArray());
    return new Reply(response.statusCode(), JSON.readTree(response.body()));
  }

  static JsonNode parse(String json) throws IOException {
    return JSON.readTree(json);
  }

  void close() throws InterruptedException {
    server.close(Duration.ofMillis(100));
    gateway.drain(Duration.ofMillis(100));
    engine.close();
    blocking.close();
    store.close();
    client.close();
  }
}
