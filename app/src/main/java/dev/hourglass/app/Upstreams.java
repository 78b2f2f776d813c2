package dev.hourglass.app;

import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.PoolMember;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.protocol.upstream.ModelEntry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers that the gateway stands in front of: a pool for each model, of those that list it.
 */
final class Upstreams implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Upstreams.class);
  private static final Duration LIST_DEADLINE = Duration.ofSeconds(10);
  private static final double EQUAL_WEIGHT = 1;

  private final Settings settings;
  private final ResidencyListener residency;
  private final RandomGenerator random;
  private final Executor blocking;

  private final List<RemoteEndpoint> endpoints = new ArrayList<>();
  private final Map<String, EnginePool> listed = new LinkedHashMap<>();

  /** Servers that list no models: each serves whatever a client names. */
  private final List<RemoteEndpoint> silent = new ArrayList<>();

  /** Pools of names that nobody listed; bounded by whoever asks for them. */
  private final Map<String, EnginePool> unlisted = new ConcurrentHashMap<>();

  private Upstreams(
      Settings settings, ResidencyListener residency, RandomGenerator random, Executor blocking) {
    this.settings = settings;
    this.residency = residency;
    this.random = random;
    this.blocking = blocking;
  }

  /** Asks each server for its models. */
  static Upstreams open(
      Settings settings,
      Vertx vertx,
      ResidencyListener residency,
      RandomGenerator random,
      Executor blocking)
      throws InterruptedException {
    Upstreams upstreams = new Upstreams(settings, residency, random, blocking);
    for (RemoteSettings server : settings.upstreams()) {
      upstreams.add(new RemoteEndpoint(vertx, server, System::nanoTime));
    }
    return upstreams;
  }

  private void add(RemoteEndpoint endpoint) throws InterruptedException {
    endpoints.add(endpoint);
    List<ModelEntry> models = models(endpoint);
    if (models.isEmpty()) {
      silent.add(endpoint);
    }
    for (ModelEntry model : models) {
      EnginePool pool = listed.computeIfAbsent(model.id(), this::pool);
      pool.add(member(pool, endpoint, model.id(), model.contextTokens()));
    }
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

  private EnginePool pool(String model) {
    return new EnginePool(model, settings.pool(), residency, System::nanoTime, random, blocking);
  }

  private static PoolMember member(
      EnginePool pool, RemoteEndpoint endpoint, String model, int contextTokens) {
    EndpointId id = new EndpointId(endpoint.name());
    RemoteEngine engine =
        new RemoteEngine(endpoint, model, model, contextTokens, pool.residencyOf(id));
    return new PoolMember(id, engine, EQUAL_WEIGHT, engine.info().maxSequences(), endpoint::probe);
  }

  /** One for each model that is listed. */
  Collection<EnginePool> pools() {
    return listed.values();
  }

  /** Finds the pool for a name that nobody lists; empty where every server lists its models. */
  Optional<Function<String, EnginePool>> unlisted() {
    return silent.isEmpty()
        ? Optional.empty()
        : Optional.of(name ->
            unlisted.computeIfAbsent(
                name,
                _ -> {
                  EnginePool pool = pool(name);
                  silent.forEach(endpoint -> pool.add(member(pool, endpoint, name, 0)));
                  return pool;
                }));
  }

  /** A second has passed. */
  void second() {
    listed.values().forEach(EnginePool::tick);
    unlisted.values().forEach(EnginePool::tick);
  }

  @Override
  public void close() {
    listed.values().forEach(EnginePool::close);
    unlisted.values().forEach(EnginePool::close);
    endpoints.forEach(RemoteEndpoint::close);
  }
}
