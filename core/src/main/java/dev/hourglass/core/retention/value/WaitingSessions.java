package dev.hourglass.core.retention.value;

/**
 * How many sessions of each class wait, and since when, to the nearest few seconds. Noting one
 * costs the same however many there are, and what is counted needs no look at each of them.
 *
 * <p>Whoever has waited for {@link ReturnTimes#FORGET_SECONDS} is given up. Not thread-safe.
 */
public final class WaitingSessions {
  private static final int SLOT_SECONDS = 4;
  private static final int SLOTS = (int) (ReturnTimes.FORGET_SECONDS / SLOT_SECONDS);

  private final int[][] counts = new int[SLOTS][ReturnClass.COUNT];
  private final ReturnTimes times;
  private long latestSlot;

  /** Creates an empty count, which tells {@code times} whom it gives up. */
  public WaitingSessions(ReturnTimes times) {
    this.times = times;
  }

  /** A session of a class waits since that moment, which may be a little past. */
  public void begins(ReturnClass of, double atSeconds) {
    advance(atSeconds);
    if (counts(atSeconds)) {
      counts[ring(slot(atSeconds))][of.index()]++;
    }
  }

  /**
   * A session does not wait any more.
   *
   * @param atSeconds the moment with which it began
   * @return whether it was counted until now; {@code false} if it was given up long ago
   */
  public boolean ends(ReturnClass of, double atSeconds, double nowSeconds) {
    advance(nowSeconds);
    if (!counts(atSeconds)) {
      return false;
    }
    counts[ring(slot(atSeconds))][of.index()]--;
    return true;
  }

  /** Estimates anew with those who wait. */
  public void refresh(double nowSeconds) {
    advance(nowSeconds);
    times.refresh(nowSeconds, this);
  }

  void countInto(ReturnTimes estimate, double nowSeconds) {
    for (long slot = Math.max(0, latestSlot - SLOTS + 1); slot <= latestSlot; slot++) {
      int[] ofSlot = counts[ring(slot)];
      int bin = estimate.bin(nowSeconds - slot * SLOT_SECONDS);
      for (int index = 0; index < ReturnClass.COUNT; index++) {
        if (ofSlot[index] > 0) {
          estimate.waits(index, bin, ofSlot[index]);
        }
      }
    }
  }

  private boolean counts(double atSeconds) {
    return slot(atSeconds) > latestSlot - SLOTS;
  }

  private static long slot(double seconds) {
    return Math.max(0, (long) (seconds / SLOT_SECONDS));
  }

  private static int ring(long slot) {
    return (int) (slot % SLOTS);
  }

  private void advance(double nowSeconds) {
    long slot = slot(nowSeconds);
    int reached = times.bin(ReturnTimes.FORGET_SECONDS);
    // However long nothing happened, the ring is emptied once.
    long from = Math.max(latestSlot, slot - SLOTS);
    for (long next = from + 1; next <= slot; next++) {
      int[] oldest = counts[ring(next)];
      for (int index = 0; index < ReturnClass.COUNT; index++) {
        if (oldest[index] > 0) {
          times.censored(index, reached, oldest[index]);
        }
        oldest[index] = 0;
      }
    }
    latestSlot = Math.max(latestSlot, slot);
  }
}
