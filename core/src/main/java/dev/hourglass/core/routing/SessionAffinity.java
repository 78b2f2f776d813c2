package dev.hourglass.core.routing;

import dev.hourglass.core.routing.RouteRequest.Home;
import java.util.List;

/**
 * The endpoint that holds the session's KV state, as long as that is worth it.
 *
 * <p>A session stays while {@code wait(home) ≤ wait(other) + prefill(other, KV tokens held)}:
 * moving costs the seconds in which another endpoint computes the state again. An endpoint over its
 * {@link LoadBound} takes nobody, however much it holds. A session without a home goes where there
 * is most room.
 */
final class SessionAffinity implements Selection {
  private final LeastInFlight mostRoom = new LeastInFlight();

  @Override
  public EndpointLoad choose(RouteRequest request, List<EndpointLoad> candidates) {
    List<EndpointLoad> eligible = LoadBound.within(candidates);
    EndpointLoad other = mostRoom.choose(request, eligible);
    Home home = request.home();
    if (home == null) {
      return other;
    }
    int held = Math.min(home.kvTokens(), request.promptTokens());
    double othersSeconds = other.queueSeconds() + other.prefillSeconds(held);
    return eligible.stream()
        .filter(it -> it.id().equals(home.endpoint()) && it.queueSeconds() <= othersSeconds)
        .findAny()
        .orElse(other);
  }

  @Override
  public void forget(EndpointId endpoint) {
    mostRoom.forget(endpoint);
  }
}
