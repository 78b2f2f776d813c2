package dev.hourglass.core.routing;

import dev.hourglass.core.routing.EndpointLoad.Pace;
import java.time.Duration;

/**
 * An endpoint, seen from outside.
 *
 * @param model what its pool serves
 * @param breaker {@code closed}, {@code open} or {@code half_open}
 * @param openFor how long the breaker keeps everything away still
 * @param weight its configured share
 * @param share how much of that it gets now, 0 to 1
 * @param slots generations it computes at once; 0 where unknown
 * @param sessions sessions whose KV state it holds, as far as is known
 * @param kvTokens what they hold together
 * @param kvCapacityTokens what it can hold; 0 where unknown
 */
public record EndpointStatus(
    EndpointId id,
    String model,
    EndpointState state,
    String breaker,
    Duration openFor,
    double weight,
    double share,
    int inFlight,
    int slots,
    int sessions,
    long kvTokens,
    int kvCapacityTokens,
    Pace pace,
    Counts counts) {

  /**
   * What became of the generations that were sent to an endpoint, since it joined.
   *
   * @param failedBeforeText without a token of the answer
   * @param failedPartway with a part of it
   */
  public record Counts(
      long sent, long completed, long dropped, long failedBeforeText, long failedPartway) {}
}
