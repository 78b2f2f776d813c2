package dev.hourglass.core.admission;

/** What admission answers at once. */
public sealed interface Decision {
  /** The turn may run, until the permit is closed. */
  record Admitted(Permit permit) implements Decision {}

  /** The turn waits a little; its candidate is told how it ends, possibly already. */
  record Waits(Place place) implements Decision {}

  /** The turn may not run now. */
  record Refused(Rejection rejection) implements Decision {}
}
