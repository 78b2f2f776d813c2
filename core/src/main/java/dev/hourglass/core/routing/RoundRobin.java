package dev.hourglass.core.routing;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Each endpoint in turn, as often as its weight says and evenly spread (smooth weighted round
 * robin, as in nginx): every turn each candidate earns its weight, the richest is chosen and pays
 * the sum of all.
 */
final class RoundRobin implements Selection {
  /** One entry for each endpoint of the pool. */
  private final Map<EndpointId, Double> credit = new HashMap<>();

  @Override
  public EndpointLoad choose(RouteRequest request, List<EndpointLoad> candidates) {
    EndpointLoad richest = candidates.getFirst();
    double most = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (EndpointLoad candidate : candidates) {
      double earned = credit.merge(candidate.id(), candidate.weight(), Double::sum);
      sum += candidate.weight();
      if (earned > most) {
        most = earned;
        richest = candidate;
      }
    }
    credit.merge(richest.id(), -sum, Double::sum);
    return richest;
  }

  @Override
  public void forget(EndpointId endpoint) {
    credit.remove(endpoint);
  }
}
