package dev.hourglass.app;

import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.PoolMember;
import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.protocol.upstream.ModelEntry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers that the gateway stands in front of: a pool for each model, of those that serve it.
 *
 * <p>The models are those of the start; the servers come and go while it runs, as {@link #follow}
 * is told. One that goes finishes what it has begun, and one that changes does so before it comes
 * back.
 */
final class Upstreams implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Upstreams.class);
  private static final Duration LIST_DEADLINE = Duration.ofSeconds(10);

  private final Function<RoutingStrategy, EnginePool.Settings> settings;
  private final Vertx vertx;
  private final ResidencyListener residency;
  private final RandomGenerator random;
  private final Executor blocking;

  private final Map<String, EnginePool> listed = new LinkedHashMap<>();
  private final Map<String, String> aliases = new LinkedHashMap<>();

  /** Pools of names that nobody listed; bounded by whoever asks for them. */
  private final Map<String, EnginePool> unlisted = new ConcurrentHashMap<>();

  /** Every server that is in use. */
  private final List<Attached> attached = new CopyOnWriteArrayList<>();

  private boolean anyName;

  /**
   * A server in use.
   *
   * @param models that it serves, with their contexts; empty for whatever a client names
   */
  private record Attached(
      String pool,
      UpstreamPlan.Server server,
      RemoteEndpoint endpoint,
      Map<String, Integer> models) {
    EndpointId id() {
      return new EndpointId(endpoint.name());
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

  private Upstreams(
      Function<RoutingStrategy, EnginePool.Settings> settings,
      Vertx vertx,
      ResidencyListener residency,
      RandomGenerator random,
      Executor blocking) {
    this.settings = settings;
    this.vertx = vertx;
    this.residency = residency;
    this.random = random;
    this.blocking = blocking;
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
    Upstreams upstreams = new Upstreams(settings, vertx, residency, random, blocking);
    List<Attached> found = new ArrayList<>();
    for (UpstreamPlan plan : plans) {
      for (UpstreamPlan.Server server : plan.servers()) {
        found.add(upstreams.attach(plan, server));
      }
    }
    plans.forEach(plan -> upstreams.makePools(plan, found));
    found.forEach(upstreams::join);
    upstreams.anyName = found.stream().anyMatch(server -> server.models().isEmpty());
    return upstreams;
  }

  private Attached attach(UpstreamPlan plan, UpstreamPlan.Server server)
      throws InterruptedException {
    RemoteEndpoint endpoint = new RemoteEndpoint(vertx, server.settings(), System::nanoTime);
    Map<String, Integer> models = new LinkedHashMap<>();
    List<ModelEntry> known = models(endpoint);
    known.forEach(model -> models.put(model.id(), model.contextTokens()));
    if (!plan.models().isEmpty()) {
      models.keySet().retainAll(plan.models());
      // Whatever else a server lists, it was said to serve these.
      plan.models().forEach(model -> models.putIfAbsent(model, 0));
    }
    return new Attached(plan.pool(), server, endpoint, models);
  }

  private static List<ModelEntry> models(RemoteEndpoint endpoint) throws InterruptedException {
    try {
      return endpoint
          .look()
          .toCompletableFuture()
          .get(LIST_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
          .models();
    } catch (ExecutionException | TimeoutException unknown) {
      log.warn(
          "{} does not list its models; any name is passed on to it ({})",
          endpoint,
          unknown.getMessage());
      return List.of();
    }
  }

  /** One for each model of a plan, its default first. */
  private void makePools(UpstreamPlan plan, List<Attached> found) {
    List<String> models = new ArrayList<>(plan.models());
    found.stream()
        .filter(server -> server.pool().equals(plan.pool()))
        .flatMap(server -> server.models().keySet().stream())
        .filter(model -> !models.contains(model))
        .forEach(models::add);
    if (plan.defaultModel() != null && models.remove(plan.defaultModel())) {
      models.addFirst(plan.defaultModel());
    }
    models.forEach(model -> listed.computeIfAbsent(model, name -> pool(name, plan.strategy())));
    plan.aliases()
        .forEach((alias, model) -> {
          if (listed.containsKey(model) && !listed.containsKey(alias)) {
            aliases.put(alias, model);
          } else {
            log.warn("alias {}: {} (expected: a model that a server lists)", alias, model);
          }
        });
  }

  private EnginePool pool(String model, RoutingStrategy strategy) {
    return new EnginePool(
        model, settings.apply(strategy), residency, System::nanoTime, random, blocking);
  }

  private void join(Attached server) {
    server
        .models()
        .keySet()
        .forEach(model -> {
          EnginePool pool = listed.get(model);
          if (pool == null) {
            log.warn("{}: {} is served after the next start", server.endpoint(), model);
          } else {
            pool.add(server.member(pool, model));
          }
        });
    if (server.models().isEmpty()) {
      unlisted.forEach((name, pool) -> pool.add(server.member(pool, name)));
    }
    attached.add(server);
  }

  // --- while it runs ---------------------------------------------------------------------------

  /**
   * Has the servers be those of the plans. Waits for what new ones say of themselves; what goes is
   * drained afterwards.
   */
  synchronized void follow(List<UpstreamPlan> plans) throws InterruptedException {
    Map<Wish, UpstreamPlan> wishes = new LinkedHashMap<>();
    plans.forEach(
        plan -> plan.servers().forEach(server -> wishes.put(new Wish(plan.pool(), server), plan)));
    Map<String, CompletableFuture<Void>> leaving = new HashMap<>();
    for (Attached server : attached) {
      if (wishes.remove(new Wish(server.pool(), server.server())) == null) {
        leaving.put(server.endpoint().name(), leave(server));
      }
    }
    for (Map.Entry<Wish, UpstreamPlan> wish : wishes.entrySet()) {
      Attached arriving = attach(wish.getValue(), wish.getKey().server());
      // A server that only changes comes back when its last stream under the old terms has ended.
      leaving
          .getOrDefault(arriving.endpoint().name(), CompletableFuture.completedFuture(null))
          .thenRun(() -> join(arriving))
          .exceptionally(failure -> {
            log.error("{} could not join", arriving.endpoint(), failure);
            return null;
          });
    }
  }

  private record Wish(String pool, UpstreamPlan.Server server) {}

  private CompletableFuture<Void> leave(Attached server) {
    attached.remove(server);
    List<EnginePool> pools = new ArrayList<>(listed.values());
    pools.addAll(unlisted.values());
    return CompletableFuture.allOf(
            pools.stream()
                .map(pool -> pool.remove(server.id()).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new))
        .thenRun(() -> server.endpoint().close());
  }

  /** A second has passed. */
  void second() {
    listed.values().forEach(EnginePool::tick);
    unlisted.values().forEach(EnginePool::tick);
  }

  // --- what they serve -------------------------------------------------------------------------

  /** One for each model that is listed. */
  Collection<EnginePool> pools() {
    return listed.values();
  }

  /** Further names of models. */
  Map<String, String> aliases() {
    return Map.copyOf(aliases);
  }

  /** Finds the pool for a name that nobody lists; empty where every server lists its models. */
  Optional<Function<String, EnginePool>> unlisted() {
    return anyName
        ? Optional.of(name -> unlisted.computeIfAbsent(name, this::poolOfAnyName))
        : Optional.empty();
  }

  private EnginePool poolOfAnyName(String name) {
    EnginePool pool = pool(name, RoutingStrategy.SESSION);
    attached.stream()
        .filter(server -> server.models().isEmpty())
        .forEach(server -> pool.add(server.member(pool, name)));
    return pool;
  }

  @Override
  public void close() {
    listed.values().forEach(EnginePool::close);
    unlisted.values().forEach(EnginePool::close);
    attached.forEach(server -> server.endpoint().close());
  }
}
