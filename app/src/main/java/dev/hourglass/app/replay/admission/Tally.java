package dev.hourglass.app.replay.admission;

import java.util.Arrays;
import java.util.OptionalDouble;

/** What is counted while a trace runs. */
final class Tally {
  private static final double QUANTILE = 0.99;

  private final int requests;
  private final double[] delaySeconds;
  private int served;
  private long attempts;
  private final Hints hints = new Hints();
  private final Hints farHints = new Hints();

  Tally(int requests) {
    this.requests = requests;
    this.delaySeconds = new double[requests];
  }

  /** Hints that were followed, or tried out. */
  static final class Hints {
    private long all;
    private long cameTrue;

    void outcome(boolean hit) {
      all++;
      if (hit) {
        cameTrue++;
      }
    }

    private OptionalDouble ratio() {
      return all == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) cameTrue / all);
    }
  }

  void attempt() {
    attempts++;
  }

  /**
   * A request begins to be served.
   *
   * @param seconds since it first came
   */
  void served(double seconds) {
    delaySeconds[served++] = seconds;
  }

  Hints hints() {
    return hints;
  }

  Hints farHints() {
    return farHints;
  }

  AdmissionResult result(Strategy strategy, double load, int slots) {
    return new AdmissionResult(
        strategy,
        load,
        slots,
        hints.ratio(),
        farHints.ratio(),
        served == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) attempts / served),
        (double) served / requests,
        served == 0 ? OptionalDouble.empty() : OptionalDouble.of(quantile()));
  }

  private double quantile() {
    double[] ordered = Arrays.copyOf(delaySeconds, served);
    Arrays.sort(ordered);
    return ordered[(int) (QUANTILE * (served - 1))];
  }
}
