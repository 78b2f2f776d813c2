package dev.hourglass.core.window;

/**
 * How many events happened within a time before now, in a ring of slots.
 *
 * <p>The window rarely begins where a slot does: the oldest slot counts by the part of it that is
 * still inside. With one slot this is the sliding window counter of rate limiters, <i>current +
 * previous · (1 − elapsed share of the current slot)</i>. The count is off by less than the events
 * of that one slot.
 *
 * <p>An event that comes late counts where it belongs while its slot is in the ring, and among
 * {@link #late} otherwise. A clock that goes back does not move the window. Keeps 4 bytes a slot.
 * Not thread-safe.
 *
 * @see ExactCounter
 */
public final class SlidingCounter {
  private static final int MOST_SLOTS = 1 << 16;

  private final long slotNanos;
  private final int[] events;
  private long newestSlot;
  private boolean begun;
  private long late;

  /**
   * Counts nothing yet.
   *
   * @param windowNanos at least one for each slot; rounded down to whole slots
   * @param slots into which the window is cut, 1 to 65,536
   */
  public SlidingCounter(long windowNanos, int slots) {
    if (slots < 1 || slots > MOST_SLOTS) {
      throw new IllegalArgumentException(
          "slots: " + slots + " (expected: 1 to " + MOST_SLOTS + ")");
    }
    if (windowNanos < slots) {
      throw new IllegalArgumentException(
          "window: " + windowNanos + " ns (expected: at least one for each slot, " + slots + ")");
    }
    slotNanos = windowNanos / slots;
    // One more than the window has: the oldest is on its way out.
    events = new int[slots + 1];
  }

  /** Counts an event; {@code false} for one that is older than the ring, which is late. */
  public boolean add(long atNanos) {
    long slot = Math.floorDiv(atNanos, slotNanos);
    if (!begun || slot > newestSlot) {
      moveTo(slot);
    } else if (newestSlot - slot >= events.length) {
      late++;
      return false;
    }
    int index = index(slot);
    // A counter that is full stays full, rather than turn negative.
    events[index] += events[index] < Integer.MAX_VALUE ? 1 : 0;
    return true;
  }

  private void moveTo(long slot) {
    long cleared = begun ? Math.min(slot - newestSlot, events.length) : events.length;
    for (long behind = 0; behind < cleared; behind++) {
      events[index(slot - behind)] = 0;
    }
    newestSlot = slot;
    begun = true;
  }

  private int index(long slot) {
    return (int) Math.floorMod(slot, (long) events.length);
  }

  /**
   * Events within the window that ends now, or at the newest event if that is later.
   *
   * @return a whole number only while the window begins where a slot does
   */
  public double count(long nowNanos) {
    if (!begun) {
      return 0;
    }
    long now = Math.max(nowNanos, newestSlot * slotNanos);
    long slot = Math.floorDiv(now, slotNanos);
    double leaving = 1 - (double) Math.floorMod(now, slotNanos) / slotNanos;
    double count = 0;
    for (int behind = 0; behind < events.length; behind++) {
      long counted = slot - behind;
      if (counted <= newestSlot && newestSlot - counted < events.length) {
        count += events[index(counted)] * (behind == events.length - 1 ? leaving : 1);
      }
    }
    return count;
  }

  /** Events that were older than the ring when they came, and are in no count. */
  public long late() {
    return late;
  }
}
