package dev.hourglass.core.load;

import java.util.Arrays;

/**
 * The quantile around a point forecast, calibrated by what came: adaptive conformal inference.
 *
 * <p>The scores <i>s = (y − ŷ)/√max(ŷ, y, 1)</i> of the last ten minutes stand for those to come
 * (the root, since counts scatter with the root of their mean; of <i>y</i> where it is more, since
 * a rise from nothing to thousands says little of how far thousands scatter), and the quantile is
 * <i>ŷ + Q(β)·√max(ŷ, 1)</i>. β starts as the level asked for and follows the coverage seen: <i>β ←
 * β + γ·(level − [y ≤ q])</i>, so that coverage approaches the level whatever the scores do. I.
 * Gibbs, E. Candès, <i>Adaptive conformal inference under distribution shift</i>, NeurIPS 2021.
 * Beyond the highest score seen, where the method's Q is infinite, it goes on in steps of the range
 * that holds the middle four fifths of the scores, since an infinite bound helps nobody. γ = 0.04.
 */
public final class ConformalQuantile {
  private static final int WINDOW = 120;
  private static final double STEP = 0.04;

  /** Before as many scores are there, the band is that of a Poisson count. */
  private static final int FEW_SCORES = 20;

  private final double level;
  private final double poissonScore;
  private final double[] ring = new double[WINDOW];
  private final double[] sorted = new double[WINDOW];
  private int next;
  private int size;
  private double adapted;

  private ConformalQuantile(double level, double poissonScore) {
    this.level = level;
    this.poissonScore = poissonScore;
    this.adapted = level;
  }

  /** As likely to be exceeded as not. */
  public static ConformalQuantile median() {
    return new ConformalQuantile(0.5, 0);
  }

  /** Exceeded once in ten times. */
  public static ConformalQuantile ninetieth() {
    return new ConformalQuantile(0.9, 1.2816);
  }

  /** The quantile for a point forecast that is made now; never negative. */
  public double around(double mean) {
    return Math.max(0, mean + score() * scale(mean));
  }

  /**
   * Learns from what came.
   *
   * @param mean the point forecast that was made
   * @param quantile what {@link #around} gave for it
   */
  public void matured(double mean, double quantile, double actual) {
    adapted += STEP * (level - (actual <= quantile ? 1 : 0));
    add((actual - mean) / scale(Math.max(mean, actual)));
  }

  /** The standard deviation of a Poisson count with that mean, at least 1. */
  static double scale(double mean) {
    return Math.sqrt(Math.max(mean, 1));
  }

  private double score() {
    if (size < FEW_SCORES) {
      return poissonScore;
    }
    double inside = Math.clamp(adapted, 0, 1);
    return scoreAt(inside) + (adapted - inside) * (scoreAt(0.9) - scoreAt(0.1));
  }

  /** The score below which that share of the scores is. */
  private double scoreAt(double share) {
    double position = share * (size - 1);
    int below = Math.min((int) position, size - 2);
    return sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]);
  }

  /** Keeps the scores sorted: the oldest goes, the new one takes its place in order. */
  private void add(double score) {
    if (size == WINDOW) {
      int gone = Arrays.binarySearch(sorted, 0, size, ring[next]);
      System.arraycopy(sorted, gone + 1, sorted, gone, size - gone - 1);
      size--;
    }
    int found = Arrays.binarySearch(sorted, 0, size, score);
    int place = found >= 0 ? found : -found - 1;
    System.arraycopy(sorted, place, sorted, place + 1, size - place);
    sorted[place] = score;
    ring[next] = score;
    next = (next + 1) % WINDOW;
    size++;
  }
}
