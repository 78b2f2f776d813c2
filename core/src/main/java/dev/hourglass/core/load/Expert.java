package dev.hourglass.core.load;

/**
 * One way of seeing ahead.
 *
 * <p>{@link #observe} is called once for every new point of the history, {@link #forecast} any
 * number of times after it. The history has at least one point.
 */
sealed interface Expert
    permits Naive,
        MovingAverage,
        ExponentialAverage,
        LeastSquaresTrend,
        Autoregression,
        DampedHolt,
        SignificantSlope,
        SessionTimers {
  /** The method's name in tables and metrics. */
  String method();

  void observe(LoadHistory history);

  /** The value expected at the end of the horizon; may be off the scale, even negative. */
  double forecast(Horizon horizon);
}
