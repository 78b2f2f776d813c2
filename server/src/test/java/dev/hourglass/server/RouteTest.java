package dev.hourglass.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.server.Route.Lookup;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a path finds its route. */
final class RouteTest {
  private static final List<Route> ROUTES =
      List.of(
          route(HttpMethod.GET, "/things"),
          route(HttpMethod.POST, "/things"),
          route(HttpMethod.GET, "/things/{id}"),
          route(HttpMethod.GET, "/things/{id}/parts"));

  @Test
  void aParameterIsOneSegment() {
    assertThat(Route.find(ROUTES, HttpMethod.GET, "/things/7"))
        .isEqualTo(new Lookup.Found(ROUTES.get(2), "7"));
    assertThat(Route.find(ROUTES, HttpMethod.GET, "/things/7/parts"))
        .isEqualTo(new Lookup.Found(ROUTES.get(3), "7"));
    assertThat(Route.find(ROUTES, HttpMethod.GET, "/things/7/8/parts"))
        .isEqualTo(new Lookup.Nothing());
    assertThat(Route.find(ROUTES, HttpMethod.GET, "/things/")).isEqualTo(new Lookup.Nothing());
    assertThat(Route.find(ROUTES, HttpMethod.GET, "/things//parts"))
        .isEqualTo(new Lookup.Nothing());
  }

  @Test
  void otherMethodsAreNamed() {
    assertThat(Route.find(ROUTES, HttpMethod.PUT, "/things"))
        .isEqualTo(new Lookup.OtherMethods(List.of("GET", "POST")));
    assertThat(Route.find(ROUTES, HttpMethod.HEAD, "/things"))
        .isEqualTo(new Lookup.Found(ROUTES.get(0), ""));
  }

  private static Route route(HttpMethod method, String template) {
    return new Route(method, template, Route.Access.OPEN, exchange -> {});
  }
}
