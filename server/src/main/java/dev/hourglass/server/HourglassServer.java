package dev.hourglass.server;

import dev.hourglass.protocol.request.RequestParser;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server. It listens before a model is loaded, and answers for the house once {@link
 * #open} gave it one.
 */
public final class HourglassServer {
  private static final Logger log = LoggerFactory.getLogger(HourglassServer.class);
  private static final Duration START_DEADLINE = Duration.ofSeconds(30);
  private static final Duration CLOSE_SLACK = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final Queue<ClientListener> listeners;
  private final ApiRoutes routes;
  private final int port;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  private HourglassServer(
      Vertx vertx, Queue<ClientListener> listeners, ApiRoutes routes, int port) {
    this.vertx = vertx;
    this.listeners = listeners;
    this.routes = routes;
    this.port = port;
  }

  /**
   * Listens.
   *
   * @param registry what is counted goes there, and {@code /metrics} shows all of it
   * @param blocking runs what waits; a virtual thread for each task
   * @param random draws the ids of requests and answers
   * @throws IllegalArgumentException if the address can be reached by others and nothing protects
   *     it
   * @throws IOException if the address cannot be listened on
   */
  public static HourglassServer start(
      HttpServerSettings settings,
      ApiKeys keys,
      PrometheusMeterRegistry registry,
      Executor blocking,
      RandomGenerator random,
      InstantSource clock)
      throws IOException, InterruptedException {
    boolean loopback = isLoopback(settings.host());
    requireProtection(settings, keys, loopback);
    Meters meters = new Meters(registry);
    RandomNames names = new RandomNames(random);
    ApiRoutes routes =
        new ApiRoutes(
            new PublicEndpoints(WebFiles.load(), PublicEndpoints.readOpenApi()),
            new RequestParser(settings.requests()),
            new BlockingWork(blocking),
            meters,
            names,
            clock,
            settings);
    Doorkeeper doorkeeper = new Doorkeeper(keys, settings.host(), loopback);
    HttpDate date = new HttpDate(clock);

    int eventLoops = Runtime.getRuntime().availableProcessors();
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(eventLoops));
    Queue<ClientListener> listeners = new ConcurrentLinkedQueue<>();
    try {
      await(
          vertx.deployVerticle(
              () -> {
                ClientListener listener =
                    new ClientListener(settings, doorkeeper, routes, meters, names, date);
                listeners.add(listener);
                return listener;
              },
              new DeploymentOptions().setInstances(eventLoops)),
          START_DEADLINE);
    } catch (ExecutionException | TimeoutException failure) {
      vertx.close();
      throw new IOException(
          "cannot listen on "
              + settings.host()
              + ":"
              + settings.port()
              + " (expected: an address of this machine and a free port)",
          failure.getCause() == null ? failure : failure.getCause());
    }
    int port = listeners.element().port();
    log.debug(
        "listening on {}:{}, {} event loops, {} transport",
        settings.host(),
        port,
        eventLoops,
        vertx.isNativeTransportEnabled() ? "native" : "portable");
    return new HourglassServer(vertx, listeners, routes, port);
  }

  private static boolean isLoopback(String host) throws IOException {
    try {
      return Doorkeeper.isLoopback(host);
    } catch (UnknownHostException unknown) {
      throw new IOException(
          "host: " + host + " (expected: an address or a name of this machine)", unknown);
    }
  }

  private static void requireProtection(
      HttpServerSettings settings, ApiKeys keys, boolean loopback) {
    if (!loopback && keys.isEmpty() && !settings.insecure()) {
      throw new IllegalArgumentException(
          "host: "
              + settings.host()
              + " without API keys (expected: a loopback address, API keys, or --insecure to"
              + " serve anybody)");
    }
  }

  /** The port that is listened on. */
  public int port() {
    return port;
  }

  /** The event loops, for engines that are servers themselves. */
  public Vertx vertx() {
    return vertx;
  }

  /** From now on the house answers, and {@code /readyz} says so. */
  public void open(House house) {
    routes.open(house);
  }

  /** Every route, in the form {@code GET /v1/models}. */
  List<String> routes() {
    return routes.all().stream().map(route -> route.method() + " " + route.template()).toList();
  }

  /**
   * Accepts nobody any more, lets running requests end until the deadline, then cuts them. Blocks
   * until every client has gone; the event loops go on, for engines that have something to release.
   * Idempotent.
   */
  public void stop(Duration deadline) throws InterruptedException {
    if (!stopped.compareAndSet(false, true)) {
      return;
    }
    try {
      await(
          Future.join(listeners.stream().map(listener -> listener.shutdown(deadline)).toList()),
          deadline.plus(CLOSE_SLACK));
    } catch (ExecutionException | TimeoutException late) {
      log.warn("not every connection closed in time", late);
    }
  }

  /**
   * Stops, and ends the event loops. Blocks until everything is closed. Idempotent.
   *
   * @param deadline of running requests
   */
  public void close(Duration deadline) throws InterruptedException {
    stop(deadline);
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      await(vertx.close(), CLOSE_SLACK);
    } catch (ExecutionException | TimeoutException late) {
      log.warn("the event loops did not end in time", late);
    }
  }

  private static void await(Future<?> future, Duration deadline)
      throws InterruptedException, ExecutionException, TimeoutException {
    future
        .toCompletionStage()
        .toCompletableFuture()
        .get(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }
}
