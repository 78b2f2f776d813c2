package dev.hourglass.core.load;

/**
 * What was seen of the live sessions' timers at one tick: counts by slots of five seconds of
 * remaining life, as many bytes for a million sessions as for one. Not thread-safe.
 */
public final class TimerCensus {
  /** Slots of remaining life that are told apart; the one beyond holds all longer ones. */
  static final int SLOTS = Horizon.TWO_MINUTES.steps();

  private final int[] live = new int[SLOTS + 1];
  private final int[] renewals = new int[SLOTS + 1];
  private final int[] fresh = new int[SLOTS + 1];
  private int opened;

  /** A session that nobody used since the last tick. */
  public void kept(double remainingSeconds) {
    live[slot(remainingSeconds)]++;
  }

  /**
   * A session that lived at the last tick and was used since.
   *
   * @param remainingBeforeSeconds what it had left at the last tick
   */
  public void renewed(double remainingBeforeSeconds, double remainingSeconds) {
    renewals[slot(remainingBeforeSeconds)]++;
    begin(remainingSeconds);
  }

  /** A session that did not live at the last tick. */
  public void opened(double remainingSeconds) {
    opened++;
    begin(remainingSeconds);
  }

  private void begin(double remainingSeconds) {
    int slot = slot(remainingSeconds);
    fresh[slot]++;
    live[slot]++;
  }

  private static int slot(double remainingSeconds) {
    return Math.clamp((long) (remainingSeconds / LoadHistory.POINT_SECONDS), 0, SLOTS);
  }

  /** The same sessions, none of which was used since. */
  public TimerCensus unchanged() {
    TimerCensus later = new TimerCensus();
    System.arraycopy(live, 0, later.live, 0, live.length);
    return later;
  }

  /** Sessions that did not live at the last tick. */
  public int opened() {
    return opened;
  }

  int live(int slot) {
    return live[slot];
  }

  int renewals(int slot) {
    return renewals[slot];
  }

  int fresh(int slot) {
    return fresh[slot];
  }
}
