package dev.hourglass.app;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.protocol.upstream.ModelEntry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The servers that the gateway stands in front of, as engines: one for each model they list. */
final class Upstreams implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Upstreams.class);
  private static final Duration LIST_DEADLINE = Duration.ofSeconds(5);

  private final List<RemoteEndpoint> endpoints;
  private final List<Engine> engines;
  private final List<RemoteEndpoint> silent;

  private Upstreams(
      List<RemoteEndpoint> endpoints, List<Engine> engines, List<RemoteEndpoint> silent) {
    this.endpoints = endpoints;
    this.engines = engines;
    this.silent = silent;
  }

  /** Asks each server for its models. One that lists none serves whatever a client names. */
  static Upstreams open(List<RemoteSettings> servers, Vertx vertx, LongSupplier nanoClock)
      throws InterruptedException {
    List<RemoteEndpoint> endpoints = new ArrayList<>();
    List<RemoteEndpoint> silent = new ArrayList<>();
    Map<String, Engine> engines = new LinkedHashMap<>();
    for (RemoteSettings server : servers) {
      RemoteEndpoint endpoint = new RemoteEndpoint(vertx, server, nanoClock);
      endpoints.add(endpoint);
      List<ModelEntry> models = models(endpoint);
      if (models.isEmpty()) {
        silent.add(endpoint);
      }
      for (ModelEntry model : models) {
        engines.putIfAbsent(
            model.id(), new RemoteEngine(endpoint, model.id(), model.id(), model.contextTokens()));
      }
    }
    return new Upstreams(endpoints, List.copyOf(engines.values()), silent);
  }

  private static List<ModelEntry> models(RemoteEndpoint endpoint) throws InterruptedException {
    try {
      return endpoint
          .models()
          .toCompletableFuture()
          .get(LIST_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException unknown) {
      log.warn(
          "{} does not list its models; any name is passed on to it ({})",
          endpoint,
          unknown.getMessage());
      return List.of();
    }
  }

  /** One for each model that is listed. */
  List<Engine> engines() {
    return engines;
  }

  /** Makes the engine for a name that nobody lists; empty where every server lists its models. */
  Optional<Function<String, Engine>> unlisted() {
    return silent.isEmpty()
        ? Optional.empty()
        : Optional.of(name -> new RemoteEngine(silent.getFirst(), name, name, 0));
  }

  @Override
  public void close() {
    endpoints.forEach(RemoteEndpoint::close);
  }
}
