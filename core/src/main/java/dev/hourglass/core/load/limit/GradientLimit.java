package dev.hourglass.core.load.limit;

/**
 * How many requests at once an engine serves without slowing down, from its time per output token:
 * <i>g = clamp(max(T·L, K)/S, ½, 1), limit ← (1 − a)·limit + a·(g·limit + q)</i>, with S the time
 * of now, L its long average, tolerance T = 1.5, smoothing a = 0.2 and room to grow q = 1 request.
 *
 * <p>This is Gradient2 of Netflix' <i>concurrency-limits</i> (Apache-2.0), fed with the time per
 * output token: the latency of a whole answer says mostly how long the answer is. As there: L is an
 * exponential average of 600 values after a warm-up of 10, falls by 5 % while it is above twice S,
 * so that it recovers from an overload, and the limit stays while less than half of it is in use,
 * since an idle engine says nothing of its limit. K is a time per token that suits everybody: an
 * engine that computes its answers together gives each of them a token less often the more there
 * are, which is no sign of overload before readers have to wait.
 */
public final class GradientLimit {
  private static final double TOLERANCE = 1.5;
  private static final double SMOOTHING = 0.2;
  private static final double LEAST_GRADIENT = 0.5;
  private static final double RECOVERY = 0.95;
  private static final double ROOM_TO_GROW = 1;
  private static final int LONG_WINDOW = 600;
  private static final int WARM_UP = 10;

  private final double comfortableMillis;
  private double limit;
  private int updates;
  private double longSum;
  private double longAverage = Double.NaN;
  private double shortTime = Double.NaN;

  /**
   * Creates a limit.
   *
   * @param initial at least 1
   * @param comfortableMillis a time per output token that is never too long
   */
  public GradientLimit(double initial, double comfortableMillis) {
    if (!(initial >= 1)) {
      throw new IllegalArgumentException("limit: " + initial + " (expected: >= 1)");
    }
    this.limit = initial;
    this.comfortableMillis = comfortableMillis;
  }

  /**
   * Takes the time per output token of the last second.
   *
   * @param tokenMillis positive
   * @param inFlight requests in the engine meanwhile
   * @param most what the limit may never pass, at least 1
   */
  public void update(double tokenMillis, double inFlight, double most) {
    shortTime = tokenMillis;
    average(tokenMillis);
    if (longAverage / shortTime > 2) {
      longAverage *= RECOVERY;
    }
    if (inFlight < limit / 2) {
      limit = Math.clamp(limit, 1, most);
      return;
    }
    double next = limit * gradient() + ROOM_TO_GROW;
    limit = Math.clamp((1 - SMOOTHING) * limit + SMOOTHING * next, 1, most);
  }

  private void average(double tokenMillis) {
    if (updates < WARM_UP) {
      updates++;
      longSum += tokenMillis;
      longAverage = longSum / updates;
    } else {
      longAverage += 2.0 / (LONG_WINDOW + 1) * (tokenMillis - longAverage);
    }
  }

  /** 1 while the engine is as fast as usual, down to ½; 1 before the first value. */
  public double gradient() {
    if (updates == 0) {
      return 1;
    }
    double bearable = Math.max(TOLERANCE * longAverage, comfortableMillis);
    return Math.clamp(bearable / shortTime, LEAST_GRADIENT, 1);
  }

  /** Requests at once, at least 1. */
  public double limit() {
    return limit;
  }

  /** The time of now, in milliseconds; NaN before the first value. */
  public double shortMillis() {
    return shortTime;
  }

  /** The usual time, in milliseconds; NaN before the first value. */
  public double longMillis() {
    return longAverage;
  }
}
