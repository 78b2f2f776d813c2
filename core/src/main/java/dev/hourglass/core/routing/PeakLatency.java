package dev.hourglass.core.routing;

import dev.hourglass.core.routing.EndpointLoad.Pace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * The faster of two endpoints that are drawn at random by weight (the power of two choices,
 * Mitzenmacher 2001, over Finagle's peak EWMA).
 *
 * <p>An endpoint is as slow as its first token and a typical answer take, times the generations in
 * flight for its weight, the new one included. Two draws see most of the difference and avoid the
 * herd that runs to whoever looked fastest a moment ago.
 */
final class PeakLatency implements Selection {
  private static final int TYPICAL_ANSWER_TOKENS = 256;

  private final RandomGenerator random;

  PeakLatency(RandomGenerator random) {
    this.random = random;
  }

  @Override
  public EndpointLoad choose(RouteRequest request, List<EndpointLoad> candidates) {
    if (candidates.size() == 1) {
      return candidates.getFirst();
    }
    List<EndpointLoad> rest = new ArrayList<>(candidates);
    EndpointLoad one = drawn(rest);
    rest.remove(one);
    EndpointLoad other = drawn(rest);
    return score(one, candidates) <= score(other, candidates) ? one : other;
  }

  private EndpointLoad drawn(List<EndpointLoad> candidates) {
    double sum = candidates.stream().mapToDouble(EndpointLoad::weight).sum();
    double left = random.nextDouble() * sum;
    for (EndpointLoad candidate : candidates) {
      left -= candidate.weight();
      if (left < 0) {
        return candidate;
      }
    }
    return candidates.getLast();
  }

  private static double score(EndpointLoad endpoint, List<EndpointLoad> all) {
    double seconds =
        measured(endpoint, all, Pace::secondsToFirstToken)
            + TYPICAL_ANSWER_TOKENS * measured(endpoint, all, Pace::secondsPerToken);
    double generations = (endpoint.inFlight() + 1) / endpoint.weight();
    // Nobody is measured yet: the generations in flight decide alone.
    return seconds == 0 ? generations : seconds * generations;
  }

  /** What was measured; for an endpoint that is new, the others' mean. */
  private static double measured(
      EndpointLoad endpoint, List<EndpointLoad> all, ToDoubleFunction<Pace> figure) {
    double own = figure.applyAsDouble(endpoint.pace());
    return own > 0
        ? own
        : all.stream()
            .mapToDouble(other -> figure.applyAsDouble(other.pace()))
            .filter(value -> value > 0)
            .average()
            .orElse(0);
  }
}
