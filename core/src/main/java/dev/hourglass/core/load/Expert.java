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

  /** The kind of its method, which it may share with others. */
  Family family();

  void observe(LoadHistory history);

  /** Experts of one family make much the same errors. */
  enum Family {
    PERSISTENCE,
    AVERAGE,
    LINE,
    AUTOREGRESSION,
    SMOOTHED_TREND,
    TIMER
  }

  /** The value expected at the end of the horizon; may be off the scale, even negative. */
  double forecast(Horizon horizon);
}
