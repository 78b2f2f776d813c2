package dev.hourglass.core.session;

import java.util.random.RandomGenerator;

/**
 * Finds numbers by keys of 128 bits, which are hashes or random themselves.
 *
 * <p>Open addressing with linear probing in an array of primitives: 36 to 72 bytes an entry, and
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
  private static final int WORDS = 3;
  private static final int VALUE = 2;
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private final long secret;

  /** Three words a slot, which lie together: a key's two, and what it leads to, plus 1; or 0. */
  private long[] words = new long[WORDS * FIRST_SLOTS];

  private int slots = FIRST_SLOTS;
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
    return valueAt(slotOf(high, low)) - 1;
  }

  /** What the session's id leads to. */
  public int find(SessionId id) {
    return find(id.keyHigh(), id.keyLow());
  }

  /** Lets a session's id lead to a number. */
  public void put(SessionId id, int value) {
    put(id.keyHigh(), id.keyLow(), value);
  }

  /** Forgets a session's id, if it leads to the number. */
  public void remove(SessionId id, int value) {
    remove(id.keyHigh(), id.keyLow(), value);
  }

  /**
   * Lets a key lead to a number, whatever it led to before.
   *
   * @param value at least 0
   */
  public void put(long high, long low, int value) {
    int slot = slotOf(high, low);
    if (valueAt(slot) == 0) {
      if (3 * (size + 1) > 2 * slots) {
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
    if (valueAt(gap) != value + 1) {
      return;
    }
    size--;
    for (int slot = next(gap); valueAt(slot) != 0; slot = next(slot)) {
      long movedHigh = words[WORDS * slot];
      long movedLow = words[WORDS * slot + 1];
      // Whoever may lie as far back as the gap does.
      if (distance(home(movedHigh, movedLow), slot) >= distance(gap, slot)) {
        set(gap, movedHigh, movedLow, valueAt(slot));
        gap = slot;
      }
    }
    words[WORDS * gap + VALUE] = 0;
  }

  /** Where the key is, or else where it would be. */
  private int slotOf(long high, long low) {
    int slot = home(high, low);
    while (valueAt(slot) != 0 && (words[WORDS * slot] != high || words[WORDS * slot + 1] != low)) {
      slot = next(slot);
    }
    return slot;
  }

  private int home(long high, long low) {
    long mixed = (high ^ secret) * GOLDEN_RATIO;
    mixed = (mixed ^ (mixed >>> 32) ^ low) * GOLDEN_RATIO;
    return (int) (mixed >>> 32) & (slots - 1);
  }

  private int next(int slot) {
    return (slot + 1) & (slots - 1);
  }

  private int distance(int from, int to) {
    return (to - from) & (slots - 1);
  }

  private int valueAt(int slot) {
    return (int) words[WORDS * slot + VALUE];
  }

  private void set(int slot, long high, long low, int leadsTo) {
    words[WORDS * slot] = high;
    words[WORDS * slot + 1] = low;
    words[WORDS * slot + VALUE] = leadsTo;
  }

  private void grow() {
    long[] before = words;
    slots *= 2;
    words = new long[WORDS * slots];
    for (int at = 0; at < before.length; at += WORDS) {
      if (before[at + VALUE] != 0) {
        set(
            slotOf(before[at], before[at + 1]),
            before[at],
            before[at + 1],
            (int) before[at + VALUE]);
      }
    }
  }
}
