package dev.hourglass.core.load;

/**
 * The last ten minutes of a signal: 120 means of five seconds each, oldest first, and the last
 * sample.
 */
final class LoadHistory {
  static final int POINT_SECONDS = 5;
  static final int MOST_POINTS = 120;

  /** A point stands for its middle, which is this long before the tick that closed it. */
  static final double POINT_AGE_SECONDS = (POINT_SECONDS - 1) / 2.0;

  private final double[] ring = new double[MOST_POINTS];
  private int next;
  private int size;
  private double latest;
  private double peak = Double.NEGATIVE_INFINITY;
  private double latestPeak;
  private double sum;
  private int samples;

  /** Takes one sample of the five seconds that now run. */
  void sample(double value) {
    latest = value;
    peak = Math.max(peak, value);
    sum += value;
    samples++;
  }

  /**
   * Closes the five seconds that ran. Where no sample came, the mean before is repeated, since
   * experts need an even grid.
   *
   * @return whether any sample came
   */
  boolean closePoint() {
    boolean known = samples > 0;
    if (known) {
      add(sum / samples);
    } else if (size > 0) {
      add(point(size - 1));
    }
    latestPeak = known ? peak : Double.NaN;
    peak = Double.NEGATIVE_INFINITY;
    sum = 0;
    samples = 0;
    return known;
  }

  private void add(double mean) {
    ring[next] = mean;
    next = (next + 1) % MOST_POINTS;
    size = Math.min(size + 1, MOST_POINTS);
  }

  int size() {
    return size;
  }

  /** Point {@code index} of {@link #size}, 0 the oldest. */
  double point(int index) {
    return ring[Math.floorMod(next - size + index, MOST_POINTS)];
  }

  double latestPoint() {
    return point(size - 1);
  }

  double latestSample() {
    return latest;
  }

  /** The highest sample of the latest point; NaN where none came. */
  double latestPeak() {
    return latestPeak;
  }

  /** Mean of the last {@code points} points, or of all where there are fewer. */
  double mean(int points) {
    int from = Math.max(0, size - points);
    double total = 0;
    for (int index = from; index < size; index++) {
      total += point(index);
    }
    return total / (size - from);
  }
}
