package dev.hourglass.core.window;

/**
 * How many events happened within a time before now, to the nanosecond: it keeps the time of each.
 *
 * <p>Out of order events are put where they belong, at a cost that grows with how far that is. It
 * keeps as many times as it was made for; beyond it the oldest goes, and {@link #dropped} tells, so
 * that a count is known to be a lower bound. An event that is outside the window when it comes is
 * {@link #late}. A clock that goes back does not move the window. Keeps 8 bytes an event. Not
 * thread-safe.
 *
 * @see SlidingCounter
 */
public final class ExactCounter {
  private static final int MOST_EVENTS = 1 << 24;

  private final long windowNanos;
  private final long[] times;
  private int oldest;
  private int size;
  private long latestNanos;
  private boolean begun;
  private long late;
  private long dropped;

  /**
   * Counts nothing yet.
   *
   * @param mostEvents that it keeps at once, 1 to 16,777,216
   */
  public ExactCounter(long windowNanos, int mostEvents) {
    if (windowNanos < 1) {
      throw new IllegalArgumentException("window: " + windowNanos + " ns (expected: >= 1)");
    }
    if (mostEvents < 1 || mostEvents > MOST_EVENTS) {
      throw new IllegalArgumentException(
          "events: " + mostEvents + " (expected: 1 to " + MOST_EVENTS + ")");
    }
    this.windowNanos = windowNanos;
    this.times = new long[mostEvents];
  }

  /** Counts an event; {@code false} for one that is outside the window already. */
  public boolean add(long atNanos) {
    expire(atNanos);
    if (isOutside(atNanos)) {
      late++;
      return false;
    }
    if (size == times.length) {
      dropped++;
      if (atNanos < times[oldest]) {
        return true;
      }
      removeOldest();
    }
    int place = size++;
    while (place > 0 && times[index(place - 1)] > atNanos) {
      times[index(place)] = times[index(place - 1)];
      place--;
    }
    times[index(place)] = atNanos;
    return true;
  }

  /** Events after <i>now − window</i>, up to now, or to the newest event if that is later. */
  public int count(long nowNanos) {
    expire(nowNanos);
    return size;
  }

  private void expire(long nowNanos) {
    latestNanos = begun ? Math.max(latestNanos, nowNanos) : nowNanos;
    begun = true;
    while (size > 0 && isOutside(times[oldest])) {
      removeOldest();
    }
  }

  private boolean isOutside(long atNanos) {
    return latestNanos - atNanos >= windowNanos;
  }

  private void removeOldest() {
    oldest = index(1);
    size--;
  }

  private int index(int place) {
    int index = oldest + place;
    return index < times.length ? index : index - times.length;
  }

  /** Events that were outside the window when they came, and are in no count. */
  public long late() {
    return late;
  }

  /** Events that were inside the window when they had to go for newer ones. */
  public long dropped() {
    return dropped;
  }
}
