package dev.hourglass.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.core.Gateway;
import dev.hourglass.core.Sessions;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.LivePool;
import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.embedding.EmbeddingModel;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.ObservedEngine;
import dev.hourglass.core.load.live.ReservationSensor;
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
import dev.hourglass.protocol.request.RequestLimits;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.store.InMemoryReservationStore;
import dev.hourglass.testkit.store.InMemorySessionStore;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A running server with a scripted engine and a store in memory, and a client of it. */
final class TestHouse {
  static final ObjectMapper JSON = new ObjectMapper();
  static final String MODEL = "scripted";
  static final String EMBEDDING_MODEL = "lengths";
  static final String UNEMBEDDABLE = "gone";

  /** Sessions at once that can be reserved. */
  static final int RESERVABLE = 4;

  final EventBus events = new EventBus();
  final InMemorySessionStore store = new InMemorySessionStore();
  final InMemoryReservationStore reservationStore = new InMemoryReservationStore();
  final ScriptedEngine engine;
  final SessionTable table;
  final ActivityWatch activity = ActivityWatch.ofWords(System::nanoTime);
  final Gateway gateway;
  final LoadWatch load;
  final Sweep sweep;
  final House house;
  final HourglassServer server;
  private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static EmbeddingDesk embeddings() {
    EmbeddingModel lengths =
        new EmbeddingModel() {
          @Override
          public Profile profile() {
            return new Profile(EMBEDDING_MODEL, 2, 8, false);
          }

          @Override
          public Result embed(String text) {
            return text.equals(UNEMBEDDABLE)
                ? new Result.Unavailable("no library")
                : new Result.Embedded(
                    new Vector(new float[] {1f / text.length(), 0}), text.length());
          }
        };
    return new EmbeddingDesk(List.of(lengths), new EmbeddingDesk.Limits(4, 100, 2), Runnable::run);
  }

  /** What differs from test to test. */
  static final class Plan {
    private ApiKeys keys = ApiKeys.none();
    private ConnectionLimits connections = ConnectionLimits.DEFAULTS;
    private RequestLimits requests = RequestLimits.DEFAULTS;
    private Duration destructionWait = Duration.ofSeconds(2);
    private int turns = 64;
    private int slots = 64;
    private AdmissionSettings admission = AdmissionSettings.DEFAULTS;
    private int waitingTurns = 8;
    private int sessions = 1_000;
    private ReservationRules reservations = ReservationRules.DEFAULTS;
    private boolean open = true;
    private boolean pooled;
    private HttpServerSettings.@Nullable Tls tls;

    Plan tls(HttpServerSettings.Tls value) {
      tls = value;
      return this;
    }

    Plan keys(ApiKeys.Key... values) {
      keys = new ApiKeys(List.of(values));
      return this;
    }

    Plan connections(ConnectionLimits value) {
      connections = value;
      return this;
    }

    Plan requests(RequestLimits value) {
      requests = value;
      return this;
    }

    Plan destructionWait(Duration value) {
      destructionWait = value;
      return this;
    }

    Plan turns(int value) {
      turns = value;
      slots = value;
      return this;
    }

    /** So many turns run at once; left out, as many as may be in the house. */
    Plan slots(int value, AdmissionSettings settings) {
      slots = value;
      admission = settings;
      return this;
    }

    Plan waitingTurns(int value) {
      waitingTurns = value;
      return this;
    }

    Plan sessions(int value) {
      sessions = value;
      return this;
    }

    Plan reservations(ReservationRules value) {
      reservations = value;
      return this;
    }

    /** The engine is one of two endpoints; the other one is idle. */
    Plan pooled() {
      pooled = true;
      return this;
    }

    Plan stillLoading() {
      open = false;
      return this;
    }

    TestHouse start() throws IOException, InterruptedException {
      return new TestHouse(this);
    }
  }

  static Plan plan() {
    return new Plan();
  }

  private TestHouse(Plan plan) throws IOException, InterruptedException {
    InstantSource clock = InstantSource.system();
    SecureRandom random = new SecureRandom();
    SessionLimits limits =
        new SessionLimits(
            plan.sessions, 1_000, plan.waitingTurns, Duration.ofMinutes(30), Duration.ofDays(30));
    table = new SessionTable(limits, random, clock, events);
    LiveRetention retention =
        new LiveRetention(
            new RetentionPolicy.ByValue(),
            new Tiers(100_000, 16, 0, 0),
            ReturnCost.ASSUMED,
            Liveliness.UNKNOWN,
            2_000,
            System::nanoTime,
            random);
    events.subscribe(retention::note);
    engine = new ScriptedEngine(MODEL, 100_000, retention.andThen(table));
    List<EnginePool> pools = plan.pooled ? List.of(pool(random)) : List.of();
    ObservedEngine observed =
        new ObservedEngine(pools.isEmpty() ? engine : pools.getFirst(), System::nanoTime);
    EngineDirectory engines = new EngineDirectory(List.of(observed), Map.of("alias/of it", MODEL));
    Destruction destruction =
        new Destruction(
            table, engines, store, blocking, clock, events, Destruction.Settings.DEFAULTS);
    Reservations reservations =
        new Reservations(
            engines,
            _ -> RESERVABLE,
            new ReservationTransitions(plan.reservations),
            reservationStore,
            random,
            () -> clock.instant().plus(ahead.get()),
            events);
    reservations.recover();
    load =
        new LoadWatch(
            List.of(observed),
            table,
            List.of(new ReservationSensor(reservations, MODEL)),
            events,
            blocking,
            clock,
            System::nanoTime);
    Admissions admissions =
        RealTimeAdmission.of(
            engines,
            plan.turns,
            engine -> new LivePool(engine.info(), plan.slots, load, reservations),
            plan.admission,
            reservations);
    gateway =
        new Gateway(
            table, engines, store, destruction, admissions, activity, blocking, clock, events);
    Sessions sessions = new Sessions(table, limits, store, engines, destruction, random, clock);
    sweep = new Sweep(table, engines, destruction, clock, events);
    house =
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
            embeddings(),
            pools);
    server =
        HourglassServer.start(
            new HttpServerSettings(
                "127.0.0.1",
                0,
                false,
                plan.requests,
                plan.connections,
                plan.tls,
                plan.destructionWait),
            plan.keys,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            blocking,
            random,
            clock);
    if (plan.open) {
      server.open(house);
    }
  }

  private EnginePool pool(RandomGenerator random) {
    EnginePool pool =
        new EnginePool(
            MODEL, EnginePool.Settings.DEFAULTS, table, System::nanoTime, random, blocking);
    HealthProbe well = () -> CompletableFuture.completedFuture(true);
    pool.add(new PoolMember(new EndpointId("one"), engine, 1, 8, well));
    ScriptedEngine other = new ScriptedEngine(MODEL, 100_000, table);
    pool.add(new PoolMember(new EndpointId("two"), other, 2, 0, well));
    return pool;
  }

  /** Lets time pass for reservations, and sweeps. */
  void pass(Duration time) {
    ahead.updateAndGet(time::plus);
    house.reservations().sweep();
  }

  /** A response, with its body read. */
  record Reply(HttpResponse<byte[]> response) {
    int status() {
      return response.statusCode();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    String text() {
      return new String(response.body(), StandardCharsets.UTF_8);
    }

    JsonNode json() {
      try {
        return JSON.readTree(response.body());
      } catch (IOException malformed) {
        throw new AssertionError("not JSON: " + text(), malformed);
      }
    }

    String errorCode() {
      return json().at("/error/code").asText();
    }

    /** The data of every event, in order. */
    List<String> events() {
      return eventData(text());
    }
  }

  static List<String> eventData(String stream) {
    List<String> data = new ArrayList<>();
    for (String event : stream.split("\n\n", -1)) {
      if (event.startsWith("data: ")) {
        data.add(event.substring("data: ".length()));
      }
    }
    return data;
  }

  URI address(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(address(path)).timeout(Duration.ofSeconds(20));
  }

  Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return new Reply(client.send(request.build(), BodyHandlers.ofByteArray()));
  }

  Reply get(String path, String... headers) throws IOException, InterruptedException {
    return send(withHeaders(request(path).GET(), headers));
  }

  Reply delete(String path, String... headers) throws IOException, InterruptedException {
    return send(withHeaders(request(path).DELETE(), headers));
  }

  Reply post(String path, String json, String... headers) throws IOException, InterruptedException {
    return send(posting(path, json, headers));
  }

  HttpRequest.Builder posting(String path, String json, String... headers) {
    return withHeaders(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)),
        headers);
  }

  HttpClient client() {
    return client;
  }

  private static HttpRequest.Builder withHeaders(HttpRequest.Builder request, String... headers) {
    return headers.length == 0 ? request : request.headers(headers);
  }

  /** A connection of its own, for what a well-behaved client would not do. */
  Socket socket() throws IOException {
    Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), server.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  static String readToEnd(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  static String user(String content) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}";
  }

  /** A new explicit session's id and token. */
  JsonNode newSession() throws IOException, InterruptedException {
    return post("/v1/sessions", "{}").json();
  }

  void close() throws InterruptedException {
    server.close(Duration.ofMillis(100));
    gateway.drain(Duration.ofMillis(100));
    engine.close();
    blocking.close();
    store.close();
  }
}
