package dev.hourglass.core.load;

/** How far ahead a forecast looks. */
public enum Horizon {
  HALF_MINUTE(30),
  ONE_MINUTE(60),
  TWO_MINUTES(120);

  private final int seconds;

  Horizon(int seconds) {
    this.seconds = seconds;
  }

  public int seconds() {
    return seconds;
  }

  /** The horizon in points of the history. */
  public int steps() {
    return seconds / LoadHistory.POINT_SECONDS;
  }
}
