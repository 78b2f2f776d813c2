package dev.hourglass.core.load;

/**
 * The error that no forecast of a count can go below: that part of the load is not here yet, and
 * scatters as a Poisson count does.
 *
 * <p><i>WAPE ≥ √(2/π)·√(D·U) / N</i>: √(2/π) = 0.798 is the mean absolute deviation of a normal
 * variable in units of its standard deviation, N the mean load, U how much of it cannot be known at
 * the origin, D its variance over its mean, which is 1 for a Poisson count. For requests in flight
 * U = N·(1−p²), p the chance that one is still there after the horizon; for sessions with known
 * timers U counts those that open within the horizon. (M/G/∞: S. G. Eick, W. A. Massey, W. Whitt,
 * <i>The physics of the M_t/G/∞ queue</i>, Operations Research 41 (4), 1993.)
 */
public final class PoissonFloor {
  private static final double MEAN_DEVIATION = Math.sqrt(2 / Math.PI);

  private PoissonFloor() {}

  /** The floor of WAPE, in percent, with D = 1; NaN without load. */
  public static double wape(double meanLoad, double unknown) {
    return 100 * MEAN_DEVIATION * Math.sqrt(unknown) / meanLoad;
  }
}
