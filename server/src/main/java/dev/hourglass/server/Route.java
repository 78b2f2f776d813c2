package dev.hourglass.server;

import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One operation of the API.
 *
 * @param template a path, in which {@code {name}} stands for one segment
 */
record Route(HttpMethod method, String template, Access access, Endpoint endpoint) {
  /** What a request needs to be served. */
  enum Access {
    /** Nothing. */
    OPEN,
    /** An API key where there are keys. */
    TENANT,
    /** An API key where there are keys, and a loaded model. */
    HOUSE
  }

  /** Serves requests; called on the event loop, returns at once. */
  interface Endpoint {
    void serve(Exchange exchange);
  }

  /** The value of the template's only parameter, empty for a path that does not match. */
  Optional<String> match(String path) {
    int open = template.indexOf('{');
    if (open < 0) {
      return path.equals(template) ? Optional.of("") : Optional.empty();
    }
    String before = template.substring(0, open);
    String after = template.substring(template.indexOf('}') + 1);
    if (path.length() <= before.length() + after.length()
        || !path.startsWith(before)
        || !path.endsWith(after)) {
      return Optional.empty();
    }
    String value = path.substring(before.length(), path.length() - after.length());
    return value.indexOf('/') >= 0 ? Optional.empty() : Optional.of(value);
  }

  /** What came of looking for a route. */
  sealed interface Lookup {
    record Found(Route route, String parameter) implements Lookup {}

    /** The path exists, but not for that method. */
    record OtherMethods(List<String> allowed) implements Lookup {}

    record Nothing() implements Lookup {}
  }

  static Lookup find(List<Route> routes, HttpMethod method, String path) {
    HttpMethod wanted = method.equals(HttpMethod.HEAD) ? HttpMethod.GET : method;
    List<String> others = new ArrayList<>();
    for (Route route : routes) {
      Optional<String> parameter = route.match(path);
      if (parameter.isEmpty()) {
        continue;
      }
      if (route.method.equals(wanted)) {
        return new Lookup.Found(route, parameter.get());
      }
      others.add(route.method.name());
    }
    return others.isEmpty() ? new Lookup.Nothing() : new Lookup.OtherMethods(others);
  }
}
