package dev.hourglass.core.routing;

import java.util.List;

/**
 * How many generations an endpoint may have in flight before affinity no longer counts (Mirrokni,
 * Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads, 2018): {@code ⌈c·(total+1)·share⌉}
 * with {@code c = 1.25}, the share by weight. An endpoint with a free slot is never over it: there
 * nobody waits.
 */
final class LoadBound {
  private static final double MOST_OVER_SHARE = 1.25;

  /** Where slots are unknown, this few are no load worth moving for. */
  private static final int FEW = 4;

  private LoadBound() {}

  /** The candidates that may take one more; at least one. */
  static List<EndpointLoad> within(List<EndpointLoad> candidates) {
    int total = candidates.stream().mapToInt(EndpointLoad::inFlight).sum();
    double places = candidates.stream().mapToDouble(LoadBound::places).sum();
    return candidates.stream()
        .filter(candidate -> {
          double share = Math.ceil(MOST_OVER_SHARE * (total + 1) * places(candidate) / places);
          return candidate.inFlight() + 1 <= Math.max(share, places(candidate));
        })
        .toList();
  }

  private static double places(EndpointLoad endpoint) {
    return endpoint.weight() * (endpoint.slots() == 0 ? FEW : endpoint.slots());
  }
}
