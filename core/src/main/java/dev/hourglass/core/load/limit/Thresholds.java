package dev.hourglass.core.load.limit;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What admission may count on at this moment, for one model.
 *
 * @param capacity what the engine holds and how fast it is
 * @param limit requests at once that the engine serves without slowing down, never above what its
 *     memory holds; at least 1
 * @param pressed whether the smoothed load is above the limit, or not yet a tenth below it again
 * @param shares what each class may use of the limit, 0 to 1
 * @param explained every value with its reason in one sentence, for people
 */
public record Thresholds(
    Capacity capacity,
    double limit,
    boolean pressed,
    Map<Criticality, Double> shares,
    List<Threshold> explained) {
  public Thresholds {
    shares = Map.copyOf(new EnumMap<>(shares));
    explained = List.copyOf(explained);
  }

  /**
   * One value that decides something.
   *
   * @param explanation where it comes from now, in one sentence
   */
  public record Threshold(String name, double value, String explanation) {}

  /** Requests at once that a class may have in the engine. */
  public double quota(Criticality criticality) {
    return limit * shares.getOrDefault(criticality, 0.0);
  }

  /** Seconds that a typical request takes; empty before one was measured. */
  public OptionalDouble serviceSeconds() {
    return capacity.serviceSeconds();
  }
}
