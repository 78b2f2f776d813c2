package dev.hourglass.core.admission;

import java.util.Locale;
import java.util.Optional;

/** How much a turn matters when not all can run; the first is shed last. */
public enum Criticality {
  /** A person or a process stands still without it. */
  CRITICAL,
  /** What says nothing about itself. */
  STANDARD,
  /** May come much later, or never. */
  SHEDDABLE;

  /** The name that clients use. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The class of a name that a client sent; empty where there is none. */
  public static Optional<Criticality> named(String name) {
    for (Criticality criticality : values()) {
      if (criticality.wireName().equals(name)) {
        return Optional.of(criticality);
      }
    }
    return Optional.empty();
  }
}
