package dev.hourglass.core.load.live;

import java.util.Arrays;

/** The last ten minutes of a series for people to look at: 120 means of five seconds each. */
final class SampleRing {
  static final int POINTS = 120;

  private final double[] ring = new double[POINTS];
  private int next;
  private double sum;
  private int samples;

  SampleRing() {
    Arrays.fill(ring, Double.NaN);
  }

  void sample(double value) {
    sum += value;
    samples++;
  }

  /** Ends five seconds; where no sample came they are unknown. */
  void closePoint() {
    add(samples > 0 ? sum / samples : Double.NaN);
    sum = 0;
    samples = 0;
  }

  /** Adds a point as it is; NaN is unknown. */
  void add(double point) {
    ring[next] = point;
    next = (next + 1) % POINTS;
  }

  double latest() {
    return ring[Math.floorMod(next - 1, POINTS)];
  }

  /** All points, oldest first; NaN where unknown. */
  double[] points() {
    double[] points = new double[POINTS];
    System.arraycopy(ring, next, points, 0, POINTS - next);
    System.arraycopy(ring, 0, points, POINTS - next, next);
    return points;
  }
}
