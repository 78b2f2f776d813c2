package dev.hourglass.core.routing;

import java.util.List;

/**
 * The endpoint with the fewest generations in flight for its weight and slots; of equal ones, the
 * one that was chosen longest ago.
 */
final class LeastInFlight implements Selection {
  private final RoundRobin turns = new RoundRobin();

  @Override
  public EndpointLoad choose(RouteRequest request, List<EndpointLoad> candidates) {
    double least = candidates.stream().mapToDouble(EndpointLoad::crowding).min().orElseThrow();
    List<EndpointLoad> equal =
        candidates.stream().filter(candidate -> candidate.crowding() == least).toList();
    return equal.size() == 1 ? equal.getFirst() : turns.choose(request, equal);
  }

  @Override
  public void forget(EndpointId endpoint) {
    turns.forget(endpoint);
  }
}
