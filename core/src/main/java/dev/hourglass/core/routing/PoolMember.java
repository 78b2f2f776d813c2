package dev.hourglass.core.routing;

import dev.hourglass.core.engine.Engine;

/**
 * An engine that takes part in a pool.
 *
 * @param weight its share of the work beside the others
 * @param slots generations it computes at once; 0 where unknown
 * @param capacity the most generations it is given at once; 0 for as many as come
 * @param probe asked every other second
 */
public record PoolMember(
    EndpointId id, Engine engine, double weight, int slots, int capacity, HealthProbe probe) {
  /** A member without a capacity. */
  public PoolMember(EndpointId id, Engine engine, double weight, int slots, HealthProbe probe) {
    this(id, engine, weight, slots, 0, probe);
  }

  public PoolMember {
    if (!(weight > 0 && weight <= 1_000)) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: > 0, at most 1000)");
    }
    if (slots < 0) {
      throw new IllegalArgumentException("slots: " + slots + " (expected: >= 0)");
    }
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity: " + capacity + " (expected: >= 0)");
    }
  }
}
