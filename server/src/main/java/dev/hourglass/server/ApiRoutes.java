package dev.hourglass.server;

import static dev.hourglass.server.Route.Access.HOUSE;
import static dev.hourglass.server.Route.Access.OPEN;
import static dev.hourglass.server.Route.Access.TENANT;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.protocol.request.RequestParser;
import dev.hourglass.server.BlockingWork.Reply;
import io.vertx.core.http.HttpMethod;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Every route of the server; those that need a house answer once there is one. */
final class ApiRoutes {
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PublicEndpoints publicEndpoints;
  private final RequestParser parser;
  private final BlockingWork blocking;
  private final Meters meters;
  private final RandomNames names;
  private final InstantSource clock;
  private final HttpServerSettings settings;
  private final List<Route> routes;
  private volatile @Nullable Open open;

  /** The endpoints of a house. */
  private record Open(
      House house,
      Completions completions,
      SessionEndpoints sessions,
      ReservationEndpoints reservations,
      ModelEndpoints models,
      EmbeddingEndpoints embeddings,
      LoadEndpoint load,
      RetentionEndpoint retention,
      ReceiptLog receipts,
      PoolEndpoints endpoints) {}

  ApiRoutes(
      PublicEndpoints publicEndpoints,
      RequestParser parser,
      BlockingWork blocking,
      Meters meters,
      RandomNames names,
      InstantSource clock,
      HttpServerSettings settings) {
    this.publicEndpoints = publicEndpoints;
    this.parser = parser;
    this.blocking = blocking;
    this.meters = meters;
    this.names = names;
    this.clock = clock;
    this.settings = settings;
    this.routes =
        List.of(
            house(HttpMethod.POST, "/v1/chat/completions", (to, it) -> to.completions.chat(it)),
            house(HttpMethod.POST, "/v1/completions", (to, it) -> to.completions.plain(it)),
            house(HttpMethod.POST, "/v1/embeddings", (to, it) -> to.embeddings.embed(it)),
            house(HttpMethod.GET, "/v1/models", (to, it) -> to.models.list(it)),
            house(HttpMethod.GET, "/v1/models/{model}", (to, it) -> to.models.find(it)),
            house(HttpMethod.GET, "/v1/load", (to, it) -> to.load.show(it)),
            house(HttpMethod.GET, "/v1/receipts", (to, it) -> to.receipts.list(it)),
            house(HttpMethod.GET, "/v1/retention", (to, it) -> to.retention.show(it)),
            house(HttpMethod.GET, "/v1/endpoints", (to, it) -> to.endpoints.list(it)),
            house(
                HttpMethod.POST,
                "/v1/endpoints/{endpoint_id}/drain",
                (to, it) -> to.endpoints.drain(it)),
            house(
                HttpMethod.POST,
                "/v1/endpoints/{endpoint_id}/eject",
                (to, it) -> to.endpoints.eject(it)),
            house(
                HttpMethod.POST,
                "/v1/endpoints/{endpoint_id}/restore",
                (to, it) -> to.endpoints.restore(it)),
            house(HttpMethod.POST, "/v1/sessions", (to, it) -> to.sessions.create(it)),
            house(HttpMethod.GET, "/v1/sessions", (to, it) -> to.sessions.list(it)),
            house(HttpMethod.GET, "/v1/sessions/{session_id}", (to, it) -> to.sessions.find(it)),
            house(
                HttpMethod.DELETE,
                "/v1/sessions/{session_id}",
                (to, it) -> to.sessions.destroy(it)),
            house(
                HttpMethod.GET,
                "/v1/sessions/{session_id}/messages",
                (to, it) -> to.sessions.messages(it)),
            house(
                HttpMethod.GET,
                "/v1/sessions/{session_id}/receipt",
                (to, it) -> to.sessions.receipt(it)),
            house(HttpMethod.POST, "/v1/reservations", (to, it) -> to.reservations.hold(it)),
            house(HttpMethod.GET, "/v1/reservations", (to, it) -> to.reservations.list(it)),
            house(
                HttpMethod.GET,
                "/v1/reservations/{reservation_id}",
                (to, it) -> to.reservations.find(it)),
            house(
                HttpMethod.DELETE,
                "/v1/reservations/{reservation_id}",
                (to, it) -> to.reservations.release(it)),
            house(
                HttpMethod.POST,
                "/v1/reservations/{reservation_id}/confirm",
                (to, it) -> to.reservations.confirm(it)),
            house(HttpMethod.GET, "/v1/calendar", (to, it) -> to.reservations.calendar(it)),
            new Route(HttpMethod.GET, "/metrics", TENANT, this::metrics),
            new Route(HttpMethod.GET, "/healthz", OPEN, publicEndpoints::health),
            new Route(HttpMethod.GET, "/readyz", OPEN, it -> publicEndpoints.ready(it, engines())),
            new Route(HttpMethod.GET, "/openapi.yaml", OPEN, publicEndpoints::openApi));
  }

  private Route house(HttpMethod method, String template, BiConsumer<Open, Exchange> endpoint) {
    return new Route(
        method,
        template,
        HOUSE,
        exchange -> {
          Open current = open;
          if (current == null) {
            exchange.fail(HttpFailure.notReady());
          } else {
            endpoint.accept(current, exchange);
          }
        });
  }

  List<Route> all() {
    return routes;
  }

  /** Serves what no route does: the console's files. */
  void otherwise(Exchange exchange) {
    publicEndpoints.console(exchange);
  }

  /** From now on the house answers. */
  void open(House house) {
    meters.watch(house);
    ReceiptLog receipts = new ReceiptLog(house.sessions()::textLeft);
    house.events().subscribe(receipts::note);
    open =
        new Open(
            house,
            new Completions(
                house.gateway(),
                house.engines(),
                house.reservations(),
                parser,
                blocking,
                names,
                clock),
            new SessionEndpoints(
                house.sessions(),
                house.engines(),
                house.retention(),
                house.gateway().activity(),
                parser,
                blocking,
                settings.destructionWait()),
            new ReservationEndpoints(house.reservations(), parser, blocking),
            new ModelEndpoints(house.engines(), house.embeddings(), clock.instant()),
            new EmbeddingEndpoints(house.embeddings(), parser, blocking),
            new LoadEndpoint(house.load(), house.gateway().admissions(), blocking),
            new RetentionEndpoint(house.retention(), house.sweep()),
            receipts,
            new PoolEndpoints(house.pools()));
  }

  private @Nullable Collection<Engine> engines() {
    Open current = open;
    return current == null ? null : current.house.engines().served();
  }

  private void metrics(Exchange exchange) {
    blocking.answer(
        exchange,
        () -> {
          byte[] text = meters.scrape().getBytes(UTF_8);
          Reply reply = answered -> answered.send(200, METRICS_TYPE, text);
          return reply;
        });
  }
}
