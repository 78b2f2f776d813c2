package dev.hourglass.core.routing;

import java.util.List;

/**
 * Chooses the endpoint of a generation. Not safe for use by several threads; whoever holds it
 * orders the calls.
 */
public sealed interface Selection
    permits RoundRobin, LeastInFlight, PeakLatency, SessionAffinity, PrefixAffinity {
  /**
   * Chooses one of the candidates.
   *
   * @param candidates at least one, those that may be used at the moment
   */
  EndpointLoad choose(RouteRequest request, List<EndpointLoad> candidates);

  /** The generation was sent to an endpoint. */
  default void sent(RouteRequest request, EndpointLoad endpoint) {}

  /** The endpoint is gone for good. */
  default void forget(EndpointId endpoint) {}

  /** Whether {@link RouteRequest#prefix} is looked at. */
  default boolean looksAtPrefixes() {
    return false;
  }
}
