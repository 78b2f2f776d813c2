package dev.hourglass.core.load.limit;

import java.util.Arrays;
import java.util.Optional;

/**
 * How much it matters that a request is served, and so how much of the capacity its class may use:
 * <i>share = base − κ·max(0, (P90 − C)/C)</i>, between 0 and 1, with P90 the requests in flight
 * that are foreseen and C the capacity.
 *
 * <p>κ is what a class gives way for an overload of one whole capacity. Critical requests give way
 * to a full house only; standard ones leave a little room for those; sheddable ones leave a tenth
 * always, and are gone when 190 % is foreseen.
 */
public enum Criticality {
  CRITICAL("critical", 1.0, 0.0),
  STANDARD("standard", 1.0, 0.03),
  SHEDDABLE("sheddable", 0.9, 1.0);

  private final String wireName;
  private final double base;
  private final double kappa;

  Criticality(String wireName, double base, double kappa) {
    this.wireName = wireName;
    this.base = base;
    this.kappa = kappa;
  }

  public String wireName() {
    return wireName;
  }

  /** The class of a name that a client sent; empty where there is none. */
  public static Optional<Criticality> named(String name) {
    return Arrays.stream(values())
        .filter(criticality -> criticality.wireName.equals(name))
        .findAny();
  }

  /** The share without any overload in sight. */
  public double base() {
    return base;
  }

  /** What is taken from the share for a foreseen overload of one whole capacity. */
  public double kappa() {
    return kappa;
  }

  /** By how much what is foreseen passes the capacity, as a share of it, 0 to 1. */
  public static double overload(double p90, double capacity) {
    return Math.clamp((p90 - capacity) / capacity, 0, 1);
  }

  /**
   * The share of the capacity that the class may use, 0 to 1.
   *
   * @param capacity positive
   */
  public double share(double p90, double capacity) {
    return Math.clamp(base - kappa * overload(p90, capacity), 0, 1);
  }
}
