package dev.hourglass.server;

import dev.hourglass.server.Doorkeeper.Identification;
import dev.hourglass.server.Route.Lookup;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.PemKeyCertOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop that accepts clients, and its share of the connections: the order in which a
 * request is looked at, and the deadlines of those who keep the server waiting.
 */
final class ClientListener extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(ClientListener.class);
  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final CharSequence DATE = HttpHeaders.createOptimized("Date");
  private static final int CHUNK_BYTES = 64 * 1024;
  private static final int MOST_STREAMS = 100;

  /**
   * What HTTP/2 has frames for, so that as headers it would be read in two ways (RFC 9113, 8.2.2).
   */
  private static final List<String> OF_CONNECTIONS =
      List.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private final HttpServerSettings settings;
  private final Doorkeeper doorkeeper;
  private final ApiRoutes routes;
  private final Meters meters;
  private final RandomNames names;
  private final HttpDate date;
  private final ClientConnection.NanoClock nanoClock = System::nanoTime;
  private final IdentityHashMap<HttpConnection, ClientConnection> clients = new IdentityHashMap<>();
  private volatile @Nullable HttpServer server;

  ClientListener(
      HttpServerSettings settings,
      Doorkeeper doorkeeper,
      ApiRoutes routes,
      Meters meters,
      RandomNames names,
      HttpDate date) {
    this.settings = settings;
    this.doorkeeper = doorkeeper;
    this.routes = routes;
    this.meters = meters;
    this.names = names;
    this.date = date;
  }

  @Override
  public Future<?> start() {
    ConnectionLimits limits = settings.connections();
    HttpServer created =
        vertx
            .createHttpServer(
                secured()
                    .setMaxHeaderSize(limits.headerBytes())
                    .setMaxInitialLineLength(limits.requestLineBytes())
                    .setMaxChunkSize(CHUNK_BYTES)
                    .setHttp2ClearTextEnabled(false)
                    .setHandle100ContinueAutomatically(true)
                    .setTcpKeepAlive(true)
                    .setTcpNoDelay(true))
            .connectionHandler(this::connected)
            .invalidRequestHandler(this::refuseMalformed)
            .requestHandler(this::serve)
            .exceptionHandler(trouble -> log.debug("a connection broke", trouble));
    server = created;
    long look = Math.clamp(limits.shortest().toMillis() / 4, 10, 1_000);
    vertx.setPeriodic(look, timer -> checkDeadlines());
    // A negative port is one free port that all event loops share.
    return created.listen(settings.port() == 0 ? -1 : settings.port(), settings.host());
  }

  private HttpServerOptions secured() {
    HttpServerSettings.Tls tls = settings.tls();
    return tls == null
        ? withoutWebSockets().setUseAlpn(false)
        : withoutWebSockets()
            .setSsl(true)
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .setCertPath(tls.certificate().toString())
                    .setKeyPath(tls.key().toString()))
            .setUseAlpn(tls.http2())
            .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
            .setInitialSettings(
                new Http2Settings()
                    .setMaxConcurrentStreams(MOST_STREAMS)
                    .setMaxHeaderListSize(settings.connections().headerBytes()));
  }

  /** Nobody speaks them here, so that no request need pass their handlers. */
  private static HttpServerOptions withoutWebSockets() {
    return new HttpServerOptions()
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false);
  }

  int port() {
    HttpServer listening = server;
    return listening == null ? -1 : listening.actualPort();
  }

  /** Accepts nobody any more; connections close as their requests end, the rest at the deadline. */
  Future<?> shutdown(Duration deadline) {
    HttpServer listening = server;
    return listening == null
        ? Future.succeededFuture()
        : listening.shutdown(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  // --- connections -----------------------------------------------------------------------------

  private void connected(HttpConnection connection) {
    ClientConnection client = new ClientConnection(connection, nanoClock);
    clients.put(connection, client);
    if (meters.connections().incrementAndGet() > settings.connections().connections()) {
      // Not at once: the connection is still being set up.
      context.runOnContext(ready -> client.cut());
    } else {
      client.patience().expect(settings.connections().headerTimeout());
    }
    connection.closeHandler(closed -> {
      clients.remove(connection);
      meters.connections().decrementAndGet();
    });
  }

  private void checkDeadlines() {
    long now = nanoClock.nanos();
    // A copy, since a connection that is cut leaves the map.
    for (ClientConnection client : new ArrayList<>(clients.values())) {
      client.check(now);
    }
  }

  // --- requests --------------------------------------------------------------------------------

  private void serve(HttpServerRequest request) {
    Exchange exchange = exchange(request);
    try {
      admit(request, exchange);
    } catch (RuntimeException defect) {
      exchange.failUnexpectedly(defect);
    }
  }

  private Exchange exchange(HttpServerRequest request) {
    ClientConnection known = clients.get(request.connection());
    ClientConnection client =
        known == null ? new ClientConnection(request.connection(), nanoClock) : known;
    String given = request.getHeader(Exchange.REQUEST_ID);
    String id = given != null && REQUEST_ID.matcher(given).matches() ? given : names.next("req_");
    long startNanos = nanoClock.nanos();
    Patience patience = isHttp2(request) ? client.begin(request.response()) : client.patience();
    Exchange exchange =
        new Exchange(
            request,
            patience,
            context,
            settings,
            meters.unreadBytes(),
            id,
            ended -> {
              client.ended(patience, settings.connections().idleTimeout());
              ended(ended, startNanos);
            });
    exchange.setHeader(DATE, date.now());
    return exchange;
  }

  private void admit(HttpServerRequest request, Exchange exchange) {
    HttpFailure objection = objection(request);
    if (objection != null) {
      exchange.fail(objection);
      return;
    }
    switch (Route.find(routes.all(), request.method(), exchange.path())) {
      case Lookup.Found(Route route, String parameter) -> {
        exchange.routed(route, parameter);
        if (identified(request, exchange, route)) {
          route.endpoint().serve(exchange);
        }
      }
      case Lookup.OtherMethods(var allowed) ->
          exchange.fail(
              HttpFailure.methodNotAllowed(known(request.method()), String.join(", ", allowed)));
      case Lookup.Nothing _ -> {
        if (request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD)) {
          routes.otherwise(exchange);
        } else {
          exchange.fail(PublicEndpoints.nothingAt());
        }
      }
    }
  }

  private @Nullable HttpFailure objection(HttpServerRequest request) {
    if (!isHttp2(request)) {
      return doorkeeper.objection(request.headers().getAll(HttpHeaders.HOST), request.headers());
    }
    String te = request.getHeader("te");
    if (OF_CONNECTIONS.stream().anyMatch(request.headers()::contains)
        || (te != null && !te.equals("trailers"))) {
      return HttpFailure.of(
          400, "malformed_http", "headers: of a connection (expected: none in HTTP/2)");
    }
    if (breaksLines(request.uri())
        || request.headers().entries().stream()
            .anyMatch(header -> breaksLines(header.getKey()) || breaksLines(header.getValue()))) {
      return HttpFailure.of(400, "malformed_http", "headers: with line breaks (expected: none)");
    }
    return doorkeeper.objection(authorities(request), request.headers());
  }

  /** Frames carry what would end a header in HTTP/1.1 (RFC 9113, 8.2.1); nobody else looks. */
  private static boolean breaksLines(String text) {
    return text.indexOf('\r') >= 0 || text.indexOf('\n') >= 0 || text.indexOf('\0') >= 0;
  }

  /** The names that a request in HTTP/2 gives to the server: one, unless it contradicts itself. */
  private static List<String> authorities(HttpServerRequest request) {
    Set<String> given = new LinkedHashSet<>(request.headers().getAll("host"));
    HostAndPort authority = request.authority();
    if (authority != null) {
      given.add(authority.toString());
    }
    return List.copyOf(given);
  }

  private static boolean isHttp2(HttpServerRequest request) {
    return request.version() == HttpVersion.HTTP_2;
  }

  private boolean identified(HttpServerRequest request, Exchange exchange, Route route) {
    if (route.access() == Route.Access.OPEN) {
      return true;
    }
    return switch (doorkeeper.identify(request.headers())) {
      case Identification.Known(var tenant) -> {
        exchange.belongsTo(tenant);
        yield true;
      }
      case Identification.Unknown(var failure) -> {
        exchange.fail(failure);
        yield false;
      }
    };
  }

  /** What is not even HTTP, or too much of it. */
  private void refuseMalformed(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    HttpFailure failure =
        switch (cause) {
          case TooLongHttpLineException _ ->
              HttpFailure.of(
                  414,
                  "uri_too_long",
                  "request line: too long (expected: at most "
                      + settings.connections().requestLineBytes()
                      + " bytes)");
          case TooLongHttpHeaderException _ ->
              HttpFailure.of(
                  431,
                  "headers_too_large",
                  "headers: too long (expected: at most "
                      + settings.connections().headerBytes()
                      + " bytes)");
          case null, default ->
              HttpFailure.of(400, "malformed_http", "request: not HTTP/1.1 (expected: HTTP/1.1)");
        };
    Exchange exchange = exchange(request);
    exchange.closeAfterwards();
    exchange.fail(failure);
  }

  private void ended(Exchange exchange, long startNanos) {
    Duration took = Duration.ofNanos(nanoClock.nanos() - startNanos);
    String method = known(HttpMethod.valueOf(exchange.method()));
    meters.requestEnded(method, exchange.route(), exchange.status(), took);
    // Templates, never paths or queries: what clients write there is theirs.
    if (log.isDebugEnabled()) {
      log.debug(
          "{} {} {} {} ms {}",
          method,
          exchange.route(),
          exchange.status(),
          took.toMillis(),
          exchange.id());
    }
  }

  /** A method's name, or one word for all those that clients make up. */
  private static String known(HttpMethod method) {
    return HttpMethod.values().contains(method) ? method.name() : "other";
  }
}
