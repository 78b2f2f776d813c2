package dev.hourglass.core.reservation;

/** Says how many sessions at once a pool can serve now. Returns at once. */
@FunctionalInterface
public interface PoolCapacity {
  /** At least 0. */
  int sessions(String pool);
}
