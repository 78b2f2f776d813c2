package dev.hourglass.core.admission;

/**
 * The mean time that a turn holds its slot: the time that slots were held over the turns that ended
 * (Little's law), the last few hundred of them weighted most.
 *
 * <p>Turns that still run count with the time they have run, so that an engine that becomes slow is
 * noticed before its turns end. Not safe for threads.
 */
final class ServiceTime {
  private static final double WEIGHT = 0.005;
  private static final double FIRST_GUESS_SECONDS = 1;
  private static final double NANOS_PER_SECOND = 1e9;

  /** The first guess weighs as much as one turn. */
  private double heldSeconds = FIRST_GUESS_SECONDS;

  private double ended = 1;
  private int running;
  private long lastNanos;

  void began(long nowNanos) {
    passTo(nowNanos);
    running++;
  }

  void ended(long nowNanos) {
    passTo(nowNanos);
    running--;
    heldSeconds *= 1 - WEIGHT;
    ended = ended * (1 - WEIGHT) + 1;
  }

  double seconds(long nowNanos) {
    passTo(nowNanos);
    return heldSeconds / ended;
  }

  private void passTo(long nowNanos) {
    heldSeconds += running * ((nowNanos - lastNanos) / NANOS_PER_SECOND);
    lastNanos = nowNanos;
  }
}
