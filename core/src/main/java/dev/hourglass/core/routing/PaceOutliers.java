package dev.hourglass.core.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds endpoints that take far longer for a token than their like: more than three times the
 * median of the others, in two comparisons in a row. A comparison needs two others, and enough
 * tokens of each.
 */
final class PaceOutliers {
  private static final double FAR = 3;
  private static final int LEAST_PIECES = 64;
  private static final int LEAST_OTHERS = 2;

  private Set<EndpointId> suspects = Set.of();

  /**
   * The pieces of answers that an endpoint sent since the last comparison.
   *
   * @param seconds that it took for them
   */
  record Pace(long pieces, double seconds) {}

  /** What came of a comparison. */
  record Verdict(Set<EndpointId> outliers, Set<EndpointId> keptPace) {}

  Verdict compare(Map<EndpointId, Pace> paces) {
    Map<EndpointId, Double> means =
        paces.entrySet().stream()
            .filter(entry -> entry.getValue().pieces() >= LEAST_PIECES)
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    entry -> entry.getValue().seconds() / entry.getValue().pieces()));
    Set<EndpointId> far =
        means.keySet().stream().filter(id -> isFar(id, means)).collect(Collectors.toSet());
    Set<EndpointId> outliers = far.stream().filter(suspects::contains).collect(Collectors.toSet());
    Set<EndpointId> keptPace =
        means.keySet().stream().filter(id -> !far.contains(id)).collect(Collectors.toSet());
    suspects = far;
    return new Verdict(outliers, keptPace);
  }

  private static boolean isFar(EndpointId id, Map<EndpointId, Double> means) {
    List<Double> others = new ArrayList<>();
    means.forEach((other, mean) -> {
      if (!other.equals(id)) {
        others.add(mean);
      }
    });
    if (others.size() < LEAST_OTHERS) {
      return false;
    }
    others.sort(null);
    Double own = means.get(id);
    return own != null && own > FAR * others.get(others.size() / 2);
  }
}
