package dev.hourglass.app;

import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.PoolMember;
import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers that the gateway stands in front of: a pool for each model, of those that serve it.
 *
 * <p>Servers and models come and go while it runs, as {@link #follow} is told and as servers list
 * them. A server that goes finishes what it has begun, and one that changes does so before it comes
 * back. The pool of a model that is gone stays, and the servers in it, for what sessions have
 * there.
 */
final class Upstreams implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Upstreams.class);
  private static final Duration LIST_DEADLINE = Duration.ofSeconds(10);

  /** What a server lists counts once it has listed it for so long. */
  private static final int STEADY_SECONDS = 5;

  /** As many as are known since the start beyond which no further ones join. */
  static final int MOST_MODELS = 1_000;

  private final Function<RoutingStrategy, EnginePool.Settings> settings;
  private final Vertx vertx;
  private final ResidencyListener residency;
  private final RandomGenerator random;
  private final Executor blocking;

  /** The pools of all models that were listed since the start. */
  private final Map<String, EnginePool> listed = new ConcurrentSkipListMap<>();

  private volatile Catalogue catalogue = new Catalogue(List.of(), Map.of());

  /** Pools of names that nobody listed; bounded by whoever asks for them. */
  private final Map<String, EnginePool> unlisted = new ConcurrentHashMap<>();

  /** Every server that is in use, or about to be. */
  private final List<Attached> attached = new CopyOnWriteArrayList<>();

  /** The ends of servers that go, by name. */
  private final Map<String, CompletableFuture<Void>> leaving = new ConcurrentHashMap<>();

  private final Following following;
  private boolean anyName;

  /** What is followed now. Guarded by this. */
  private List<UpstreamPlan> plans;

  /**
   * What is served.
   *
   * @param pools one for each model that is listed, the default first
   * @param aliases further names of those models
   */
  record Catalogue(List<EnginePool> pools, Map<String, String> aliases) {
    Catalogue {
      pools = List.copyOf(pools);
      aliases = Map.copyOf(aliases);
    }
  }

  /** A server in use. */
  private static final class Attached {
    private final String pool;
    private final UpstreamPlan.Server server;
    private final RemoteEndpoint endpoint;

    /** Its models as it lists them itself, with their contexts. */
    private volatile Map<String, Integer> list;

    // Belong to whoever asks every second.
    private Map<String, Integer> heard;
    private int steadySeconds;

    /** Models that it serves, with their contexts; empty for whatever a client names. */
    private volatile Map<String, Integer> models;

    private volatile boolean joined;

    private Attached(UpstreamPlan plan, UpstreamPlan.Server server, RemoteEndpoint endpoint) {
      this.pool = plan.pool();
      this.server = server;
      this.endpoint = endpoint;
      this.list = listed();
      this.heard = list;
      this.models = offered(plan);
    }

    /** What it says now. */
    private Map<String, Integer> listed() {
      Map<String, Integer> contexts = new LinkedHashMap<>();
      endpoint.models().forEach(model -> contexts.put(model.id(), model.contextTokens()));
      return contexts;
    }

    /** Whether it has listed others for a while; asked every second. */
    boolean listsOthers() {
      Map<String, Integer> now = listed();
      steadySeconds = now.equals(heard) ? steadySeconds + 1 : 0;
      heard = now;
      return steadySeconds >= STEADY_SECONDS && !now.isEmpty() && !now.equals(list);
    }

    /**
     * Takes over what it lists now. Answers whether that is another server's list, behind the same
     * address: with none of the models, or one of them with another context.
     */
    boolean relist() {
      Map<String, Integer> before = list;
      Map<String, Integer> now = listed();
      if (now.isEmpty()) {
        return false;
      }
      list = now;
      return !before.isEmpty()
          && (Collections.disjoint(now.keySet(), before.keySet())
              || before.entrySet().stream()
                  .anyMatch(model ->
                      !model
                          .getValue()
                          .equals(now.getOrDefault(model.getKey(), model.getValue()))));
    }

    /** The models that it serves by a plan. */
    Map<String, Integer> offered(UpstreamPlan plan) {
      Map<String, Integer> offered = new LinkedHashMap<>(list);
      if (!plan.models().isEmpty()) {
        offered.keySet().retainAll(plan.models());
        // Whatever else a server lists, it was said to serve these.
        plan.models().forEach(model -> offered.putIfAbsent(model, 0));
      }
      return Collections.unmodifiableMap(offered);
    }

    EndpointId id() {
      return new EndpointId(endpoint.name());
    }

    Wish wish() {
      return new Wish(pool, server);
    }

    boolean isIn(EnginePool pool) {
      return pool.endpoints().stream().anyMatch(status -> status.id().equals(id()));
    }

    PoolMember member(EnginePool pool, String model) {
      RemoteEngine engine =
          new RemoteEngine(
              endpoint, model, model, models.getOrDefault(model, 0), pool.residencyOf(id()));
      int slots = engine.info().maxSequences();
      return new PoolMember(
          id(),
          engine,
          server.weight(),
          slots == 0 ? server.capacity() : slots,
          server.capacity(),
          endpoint::probe);
    }
  }

  private record Wish(String pool, UpstreamPlan.Server server) {}

  private Upstreams(
      Function<RoutingStrategy, EnginePool.Settings> settings,
      Vertx vertx,
      ResidencyListener residency,
      RandomGenerator random,
      Executor blocking,
      List<UpstreamPlan> plans) {
    this.settings = settings;
    this.vertx = vertx;
    this.residency = residency;
    this.random = random;
    this.blocking = blocking;
    this.following = new Following(blocking);
    this.plans = plans;
  }

  /**
   * Asks each server for its models.
   *
   * @param settings of pools that choose so
   */
  static Upstreams open(
      List<UpstreamPlan> plans,
      Function<RoutingStrategy, EnginePool.Settings> settings,
      Vertx vertx,
      ResidencyListener residency,
      RandomGenerator random,
      Executor blocking)
      throws InterruptedException {
    Upstreams upstreams = new Upstreams(settings, vertx, residency, random, blocking, plans);
    Map<Attached, Map<String, Integer>> found = new LinkedHashMap<>();
    for (UpstreamPlan plan : plans) {
      for (UpstreamPlan.Server server : plan.servers()) {
        Attached arriving = upstreams.attach(plan, server);
        found.put(arriving, arriving.models);
      }
    }
    upstreams.catalogue = upstreams.catalogue(plans, found, Integer.MAX_VALUE);
    upstreams.attached.addAll(found.keySet());
    found.keySet().forEach(upstreams::join);
    upstreams.anyName = found.values().stream().anyMatch(Map::isEmpty);
    return upstreams;
  }

  private Attached attach(UpstreamPlan plan, UpstreamPlan.Server server)
      throws InterruptedException {
    RemoteEndpoint endpoint = new RemoteEndpoint(vertx, server.settings(), System::nanoTime);
    try {
      endpoint.look().toCompletableFuture().get(LIST_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException unknown) {
      log.warn(
          "{} does not list its models; unless its pool does, any name is passed on to it ({})",
          endpoint,
          unknown.getMessage());
    }
    return new Attached(plan, server, endpoint);
  }

  /**
   * What plans and servers serve together; makes the pools that this needs.
   *
   * @param servers with their models
   * @param mostModels beyond which no pool is made
   */
  private Catalogue catalogue(
      List<UpstreamPlan> plans, Map<Attached, Map<String, Integer>> servers, int mostModels) {
    Map<String, EnginePool> served = new LinkedHashMap<>();
    for (UpstreamPlan plan : plans) {
      for (String model : models(plan, servers)) {
        if (!listed.containsKey(model) && listed.size() >= mostModels) {
          log.warn("{}: served after the next start; {} models are known", model, listed.size());
        } else {
          served.put(model, listed.computeIfAbsent(model, name -> poolOf(name, plan)));
        }
      }
    }
    unlisted.keySet().removeAll(served.keySet());
    Map<String, String> aliases = new LinkedHashMap<>();
    for (UpstreamPlan plan : plans) {
      plan.aliases()
          .forEach((alias, model) -> {
            if (served.containsKey(model) && !served.containsKey(alias)) {
              aliases.put(alias, model);
            } else {
              log.warn("alias {}: {} (expected: a model that a server lists)", alias, model);
            }
          });
    }
    return new Catalogue(List.copyOf(served.values()), aliases);
  }

  /** The models of a plan, its default first. */
  private static List<String> models(
      UpstreamPlan plan, Map<Attached, Map<String, Integer>> servers) {
    List<String> models = new ArrayList<>(plan.models());
    servers.forEach((server, its) -> {
      if (server.pool.equals(plan.pool())) {
        its.keySet().stream().filter(model -> !models.contains(model)).forEach(models::add);
      }
    });
    if (plan.defaultModel() != null && models.remove(plan.defaultModel())) {
      models.addFirst(plan.defaultModel());
    }
    return models;
  }

  /** A name that clients used before anybody listed it keeps its pool. */
  private EnginePool poolOf(String model, UpstreamPlan plan) {
    EnginePool known = unlisted.get(model);
    return known == null ? pool(model, plan.strategy()) : known;
  }

  private EnginePool pool(String model, RoutingStrategy strategy) {
    return new EnginePool(
        model, settings.apply(strategy), residency, System::nanoTime, random, blocking);
  }

  /** Takes a server into the pools of its models, unless it has to go already. */
  private synchronized void join(Attached server) {
    if (!attached.contains(server)) {
      return;
    }
    server.models.keySet().forEach(model -> enter(server, listed.get(model), model));
    if (server.models.isEmpty()) {
      unlisted.forEach((name, pool) -> enter(server, pool, name));
    }
    server.joined = true;
  }

  private static void enter(Attached server, @Nullable EnginePool pool, String model) {
    if (pool != null && !server.isIn(pool)) {
      pool.add(server.member(pool, model));
    }
  }

  // --- while it runs ---------------------------------------------------------------------------

  /**
   * Has servers and models be those of the plans. Waits for what new servers say of themselves;
   * what goes is drained afterwards.
   *
   * @param serving told what is served from now on, when new servers are there and others not yet
   *     gone
   */
  synchronized void follow(List<UpstreamPlan> plans, Consumer<Catalogue> serving)
      throws InterruptedException {
    this.plans = plans;
    Map<Wish, Attached> before = new LinkedHashMap<>();
    for (Attached server : attached) {
      if (!server.relist()) {
        before.put(server.wish(), server);
      }
    }
    Map<Attached, UpstreamPlan> staying = new LinkedHashMap<>();
    List<Attached> arriving = new ArrayList<>();
    Map<Attached, Map<String, Integer>> models = new LinkedHashMap<>();
    for (UpstreamPlan plan : plans) {
      for (UpstreamPlan.Server wished : plan.servers()) {
        Attached known = before.get(new Wish(plan.pool(), wished));
        if (known != null && known.offered(plan).isEmpty() == known.models.isEmpty()) {
          staying.put(known, plan);
          models.put(known, known.offered(plan));
        } else {
          Attached other = attach(plan, wished);
          if (!anyName && other.models.isEmpty()) {
            log.warn(
                "{} serves nothing before the next start: no models are named", other.endpoint);
          }
          arriving.add(other);
          models.put(other, other.models);
        }
      }
    }
    Catalogue next = catalogue(plans, models, MOST_MODELS);
    for (Map.Entry<Attached, UpstreamPlan> entry : List.copyOf(staying.entrySet())) {
      Attached known = entry.getKey();
      if (isInPoolOfOthers(known, models.getOrDefault(known, Map.of()), next)) {
        staying.remove(known);
        arriving.add(attach(entry.getValue(), known.server));
      }
    }
    catalogue = next;
    List<Attached> going = attached.stream().filter(known -> !staying.containsKey(known)).toList();
    Set<String> busy = new HashSet<>(leaving.keySet());
    going.forEach(server -> busy.add(server.endpoint.name()));
    attached.addAll(arriving);
    staying.forEach((server, plan) -> {
      server.models = server.offered(plan);
      if (server.joined) {
        join(server);
      }
    });
    arriving.stream().filter(server -> !busy.contains(server.endpoint.name())).forEach(this::join);
    serving.accept(next);
    going.forEach(this::leave);
    // A server that only changes comes back when its last stream under the old terms has ended.
    arriving.stream()
        .filter(server -> busy.contains(server.endpoint.name()))
        .forEach(this::joinWhenFree);
  }

  /** Whether others serve a model that a server served and is not to serve any more. */
  private static boolean isInPoolOfOthers(
      Attached server, Map<String, Integer> models, Catalogue next) {
    return next.pools().stream()
        .anyMatch(pool -> !models.containsKey(pool.info().model()) && server.isIn(pool));
  }

  private void joinWhenFree(Attached successor) {
    leaving
        .getOrDefault(successor.endpoint.name(), CompletableFuture.completedFuture(null))
        .thenRun(() -> join(successor))
        .exceptionally(failure -> {
          log.error("{} could not join", successor.endpoint, failure);
          return null;
        });
  }

  private void leave(Attached server) {
    attached.remove(server);
    List<EnginePool> pools = new ArrayList<>(listed.values());
    pools.addAll(unlisted.values());
    CompletableFuture<Void> gone =
        CompletableFuture.allOf(
                pools.stream()
                    .map(pool -> pool.remove(server.id()).toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new))
            .thenRun(server.endpoint::close);
    leaving.put(server.endpoint.name(), gone);
    var _ = gone.whenComplete((_, _) -> leaving.remove(server.endpoint.name(), gone));
  }

  /** A second has passed. */
  void second() {
    listed.values().forEach(EnginePool::tick);
    unlisted.values().forEach(EnginePool::tick);
    // The pools ask theirs how they are.
    attached.stream()
        .filter(server -> server.models.isEmpty())
        .forEach(server -> server.endpoint.probe());
  }

  /**
   * Looks whether servers list other models than before, and then has these be served. Called every
   * second; returns at once.
   */
  void look(Consumer<Catalogue> serving) {
    List<RemoteEndpoint> others =
        attached.stream().filter(Attached::listsOthers).map(server -> server.endpoint).toList();
    if (!others.isEmpty()) {
      following.begin(
          others,
          () -> {
            followAgain(serving);
            log.info("{}: other models are listed, and served from now on", others);
          });
    }
  }

  private synchronized void followAgain(Consumer<Catalogue> serving) throws InterruptedException {
    follow(plans, serving);
  }

  // --- what they serve -------------------------------------------------------------------------

  /** One for each model that was listed since the start; a view, to which more may come. */
  Collection<EnginePool> pools() {
    return Collections.unmodifiableCollection(listed.values());
  }

  /** What is served now. */
  Catalogue catalogue() {
    return catalogue;
  }

  /** Finds the pool for a name that nobody lists; empty where every server lists its models. */
  Optional<Function<String, EnginePool>> unlisted() {
    return anyName ? Optional.of(this::poolOfName) : Optional.empty();
  }

  private EnginePool poolOfName(String name) {
    EnginePool known = listed.get(name);
    return known == null ? unlisted.computeIfAbsent(name, this::poolOfAnyName) : known;
  }

  private EnginePool poolOfAnyName(String name) {
    EnginePool pool = pool(name, RoutingStrategy.SESSION);
    attached.stream()
        .filter(server -> server.joined && server.models.isEmpty())
        .forEach(server -> pool.add(server.member(pool, name)));
    return pool;
  }

  @Override
  public void close() {
    listed.values().forEach(EnginePool::close);
    unlisted.values().forEach(EnginePool::close);
    attached.forEach(server -> server.endpoint.close());
  }
}
