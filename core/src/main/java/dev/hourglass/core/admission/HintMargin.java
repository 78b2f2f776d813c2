package dev.hourglass.core.admission;

/**
 * The share by which hints are later than the plain estimate, so that they come true.
 *
 * <p>An integrator: each hint that came true lowers the share a little, each that did not raises it
 * by as much as makes up for many. It rests where the aimed share of hints comes true, which is a
 * little above the 95 % that are promised, since what it learns from lies in the past.
 */
final class HintMargin {
  private static final double AIM = 0.97;
  private static final double GAIN = 0.02;

  private final double most;
  private double share;
  private long hits;
  private long misses;

  /**
   * @param most the highest share
   */
  HintMargin(double most) {
    this.most = most;
  }

  void outcome(boolean hit) {
    if (hit) {
      hits++;
    } else {
      misses++;
    }
    share = Math.clamp(share + GAIN * (AIM - (hit ? 1 : 0)), 0, most);
  }

  double share() {
    return share;
  }

  long hits() {
    return hits;
  }

  long misses() {
    return misses;
  }
}
