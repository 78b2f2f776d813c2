package dev.hourglass.core.admission;

/**
 * Somebody whose turn waits. Told exactly one of these, unless it leaves before; on the thread that
 * made the difference, with no lock held.
 */
public interface Candidate {
  /** The turn may run, until the permit is closed. */
  void admitted(Permit permit);

  /** It has waited for as long as one may. */
  void refused(Rejection rejection);
}
