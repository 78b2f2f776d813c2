package dev.hourglass.app.replay.forecast;

/**
 * The time for which something counts: a request in flight, a session alive.
 *
 * @param startSeconds the first instant at which it counts
 * @param endSeconds the first instant at which it does not
 */
record Presence(double startSeconds, double endSeconds) {

  /** The first whole second at which it counts. */
  int firstSecond() {
    return (int) Math.ceil(startSeconds);
  }

  /** The whole second after the last one at which it counts. */
  int afterLastSecond() {
    return (int) Math.min(Math.ceil(endSeconds), Integer.MAX_VALUE);
  }
}
