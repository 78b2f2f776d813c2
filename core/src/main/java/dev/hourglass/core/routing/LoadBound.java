package dev.hourglass.core.routing;

import java.util.ArrayList;
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
    int total = 0;
    double places = 0;
    for (EndpointLoad candidate : candidates) {
      total += candidate.inFlight();
      places += places(candidate);
    }
    List<EndpointLoad> within = new ArrayList<>(candidates.size());
    for (EndpointLoad candidate : candidates) {
      double share = Math.ceil(MOST_OVER_SHARE * (total + 1) * places(candidate) / places);
      if (candidate.inFlight() + 1 <= Math.max(share, places(candidate))) {
        within.add(candidate);
      }
    }
    return within;
  }

  private static double places(EndpointLoad endpoint) {
    return endpoint.weight() * (endpoint.slots() == 0 ? FEW : endpoint.slots());
  }
}
