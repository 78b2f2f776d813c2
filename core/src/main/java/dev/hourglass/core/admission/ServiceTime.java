package dev.hourglass.core.admission;

/** The mean time that a turn holds its slot: an average of the last few hundred, weighted. */
final class ServiceTime {
  private static final double WEIGHT = 0.005;
  private static final double FIRST_GUESS_SECONDS = 1;

  private double seconds = FIRST_GUESS_SECONDS;
  private long turns;

  /** Takes one into account; the first ones in full. */
  void took(double turnSeconds) {
    turns++;
    seconds += Math.max(WEIGHT, 1.0 / turns) * (turnSeconds - seconds);
  }

  double seconds() {
    return seconds;
  }
}
