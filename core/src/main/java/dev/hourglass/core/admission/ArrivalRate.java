package dev.hourglass.core.admission;

/** How many new turns come in a second: an average over about half a minute. */
final class ArrivalRate {
  private static final double SECONDS = 30;

  private double perSecond;
  private long lastNanos;

  void arrived(long nowNanos) {
    perSecond = at(nowNanos) + 1 / SECONDS;
    lastNanos = nowNanos;
  }

  double at(long nowNanos) {
    return perSecond * Math.exp(-(nowNanos - lastNanos) / 1e9 / SECONDS);
  }
}
