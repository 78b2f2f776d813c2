package dev.hourglass.core.session;

import java.util.random.RandomGenerator;

/**
 * Finds numbers by keys of 128 bits, which are hashes or random themselves.
 *
 * <p>Open addressing with linear probing in arrays of primitives: about 30 bytes an entry, and
 * however many there are, a garbage collector copies and scans none of them. Grows by doubling and
 * does not shrink. Not thread-safe.
 *
 * <p>Removal closes the gap by moving later entries back: D. E. Knuth, The Art of Computer
 * Programming, volume 3, section 6.4, algorithm R.
 */
public final class HashIndex {
  /** What is found for a key that is not there. */
  public static final int NONE = -1;

  private static final int FIRST_SLOTS = 16;
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private final long secret;

  // Slot i: keys[2i] and keys[2i + 1], and what they lead to, plus 1; 0 where it is free.
  private long[] keys = new long[2 * FIRST_SLOTS];
  private int[] values = new int[FIRST_SLOTS];
  private int size;

  /** Creates an empty index of keys that nobody outside can choose. */
  public HashIndex() {
    this.secret = 0;
  }

  /**
   * Creates an empty index.
   *
   * @param random draws a secret on which it depends where a key lies, so that nobody can choose
   *     keys that lie together
   */
  public HashIndex(RandomGenerator random) {
    this.secret = random.nextLong();
  }

  /** How many keys it knows. */
  public int size() {
    return size;
  }

  /** What the key leads to; {@link #NONE} where it is not known. */
  public int find(long high, long low) {
    return values[slotOf(high, low)] - 1;
  }

  /**
   * Lets a key lead to a number, whatever it led to before.
   *
   * @param value at least 0
   */
  public void put(long high, long low, int value) {
    int slot = slotOf(high, low);
    if (values[slot] == 0) {
      if (3 * (size + 1) > 2 * values.length) {
        grow();
        slot = slotOf(high, low);
      }
      size++;
    }
    set(slot, high, low, value + 1);
  }

  /** Forgets a key, if it leads to the number. */
  public void remove(long high, long low, int value) {
    int gap = slotOf(high, low);
    if (values[gap] != value + 1) {
      return;
    }
    size--;
    for (int slot = next(gap); values[slot] != 0; slot = next(slot)) {
      int home = home(keys[2 * slot], keys[2 * slot + 1]);
      // Whoever may lie as far back as the gap does.
      if (distance(home, slot) >= distance(gap, slot)) {
        set(gap, keys[2 * slot], keys[2 * slot + 1], values[slot]);
        gap = slot;
      }
    }
    values[gap] = 0;
  }

  /** Where the key is, or else where it would be. */
  private int slotOf(long high, long low) {
    int slot = home(high, low);
    while (values[slot] != 0 && (keys[2 * slot] != high || keys[2 * slot + 1] != low)) {
      slot = next(slot);
    }
    return slot;
  }

  private int home(long high, long low) {
    long mixed = (high ^ secret) * GOLDEN_RATIO;
    mixed = (mixed ^ (mixed >>> 32) ^ low) * GOLDEN_RATIO;
    return (int) (mixed >>> 32) & (values.length - 1);
  }

  private int next(int slot) {
    return (slot + 1) & (values.length - 1);
  }

  private int distance(int from, int to) {
    return (to - from) & (values.length - 1);
  }

  private void set(int slot, long high, long low, int leadsTo) {
    keys[2 * slot] = high;
    keys[2 * slot + 1] = low;
    values[slot] = leadsTo;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldValues = values;
    keys = new long[2 * oldKeys.length];
    values = new int[2 * oldValues.length];
    for (int slot = 0; slot < oldValues.length; slot++) {
      if (oldValues[slot] != 0) {
        long high = oldKeys[2 * slot];
        long low = oldKeys[2 * slot + 1];
        set(slotOf(high, low), high, low, oldValues[slot]);
      }
    }
  }
}
