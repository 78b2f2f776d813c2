package dev.hourglass.core.routing;

import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** A way of choosing endpoints, by its name in the configuration. */
public enum RoutingStrategy {
  /** Each in turn, by weight. */
  ROUND_ROBIN("round-robin") {
    @Override
    public Selection selection(RandomGenerator random) {
      return new RoundRobin();
    }
  },
  /** The one with the fewest generations in flight for its weight. */
  LEAST_IN_FLIGHT("least-in-flight") {
    @Override
    public Selection selection(RandomGenerator random) {
      return new LeastInFlight();
    }
  },
  /** The faster of two drawn at random. */
  LATENCY("latency") {
    @Override
    public Selection selection(RandomGenerator random) {
      return new PeakLatency(random);
    }
  },
  /** The one that holds the session's KV state, unless waiting there costs more than moving. */
  SESSION("session") {
    @Override
    public Selection selection(RandomGenerator random) {
      return new SessionAffinity();
    }
  },
  /** The one that seems to have cached most of the prompt, unless waiting there costs more. */
  PREFIX("prefix") {
    @Override
    public Selection selection(RandomGenerator random) {
      return new PrefixAffinity(PrefixAffinity.DEFAULT_LINKS);
    }
  };

  private final String wireName;

  RoutingStrategy(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }

  /** A fresh selection of this kind, which has seen nothing yet. */
  public abstract Selection selection(RandomGenerator random);

  /** The strategy of a name; empty for an unknown one. */
  public static Optional<RoutingStrategy> ofName(String name) {
    return Arrays.stream(values()).filter(it -> it.wireName.equals(name)).findFirst();
  }

  @Override
  public String toString() {
    return wireName;
  }
}
