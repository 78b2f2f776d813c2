package dev.hourglass.core.admission;

import dev.hourglass.core.load.limit.Criticality;
import java.time.Duration;
import java.util.Optional;

/**
 * What admission is told about a pool by those who know: the engines, the load, the calendar. Asked
 * for each decision, under a lock: answers come from memory.
 */
public interface CapacityView {
  /** How many turns can run at once; below 1 counts as 1. */
  int slots();

  /** The share of the slots, 0 to 1, up to which turns of a class are let in. */
  default double quota(Criticality criticality) {
    return 1;
  }

  /** How many slots are for reservations that were called for, beyond those they use now. */
  default int setAsideSlots() {
    return 0;
  }

  /** Whether KV memory is so short that turns of live sessions come before new sessions. */
  default boolean kvShort() {
    return false;
  }

  /** When load is predicted to be below capacity; empty where that is not known. */
  default Optional<Duration> untilCalm() {
    return Optional.empty();
  }

  /** A pool of which nothing is known but its slots. */
  static CapacityView of(int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("slots: " + slots + " (expected: >= 1)");
    }
    return () -> slots;
  }
}
