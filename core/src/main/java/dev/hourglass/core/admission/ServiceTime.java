package dev.hourglass.core.admission;

/**
 * The mean time that a turn holds its slot: an average of the last few hundred, weighted. While few
 * have ended, it is at least the mean time for which those that run have run: of an engine that
 * turns out slow, the first answers are long in coming. Not safe for threads.
 */
final class ServiceTime {
  private static final double WEIGHT = 0.005;
  private static final double FIRST_GUESS_SECONDS = 1;
  private static final double NANOS_PER_SECOND = 1e9;

  private double endedSeconds = FIRST_GUESS_SECONDS;
  private long ended;
  private int running;
  private double beganSeconds;

  void began(long nowNanos) {
    running++;
    beganSeconds += nowNanos / NANOS_PER_SECOND;
  }

  /** Takes a turn into account; the first ones in full. */
  void ended(long beganNanos, long nowNanos) {
    running--;
    beganSeconds -= beganNanos / NANOS_PER_SECOND;
    ended++;
    double took = (nowNanos - beganNanos) / NANOS_PER_SECOND;
    endedSeconds += Math.max(WEIGHT, 1.0 / ended) * (took - endedSeconds);
  }

  double seconds(long nowNanos) {
    return ended >= running
        ? endedSeconds
        : Math.max(endedSeconds, nowNanos / NANOS_PER_SECOND - beganSeconds / running);
  }
}
