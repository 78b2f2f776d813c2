package dev.hourglass.core.session;

import java.util.random.RandomGenerator;

/**
 * Finds the rows of a table by keys of 128 bits, which are hashes or random themselves.
 *
 * <p>The table has the keys, and is asked for them. Here is a word for each: the row, and 32 bits
 * of the key's hash, which say where it lies and, nearly always, whether it is the one looked for.
 * So few words are near a processor when they are needed. Open addressing with linear probing in an
 * array of primitives: 12 to 24 bytes a key, and however many there are, a garbage collector copies
 * and scans none of them. Grows by doubling and does not shrink. Not thread-safe.
 *
 * <p>Removal closes the gap by moving later entries back: D. E. Knuth, The Art of Computer
 * Programming, volume 3, section 6.4, algorithm R.
 */
final class HashIndex {
  /** What is found for a key that is not there. */
  static final int NONE = -1;

  private static final int FIRST_SLOTS = 16;
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private final Keys keys;
  private final long secret;

  /** A word a slot: the upper half of a key's hash, and in the lower half its row plus 1; or 0. */
  private long[] slots = new long[FIRST_SLOTS];

  private int size;

  /** The keys of a table. */
  @FunctionalInterface
  interface Keys {
    /** Whether the row, which a key led to, has this key. */
    boolean hasKey(int row, long high, long low);
  }

  /**
   * Creates an empty index of keys that nobody outside can choose.
   *
   * @param keys those of every row that is found here
   */
  HashIndex(Keys keys) {
    this(keys, 0);
  }

  /**
   * Creates an empty index.
   *
   * @param keys those of every row that is found here
   * @param random draws a secret on which it depends where a key lies, so that nobody can choose
   *     keys that lie together
   */
  HashIndex(Keys keys, RandomGenerator random) {
    this(keys, random.nextLong());
  }

  private HashIndex(Keys keys, long secret) {
    this.keys = keys;
    this.secret = secret;
  }

  /** How many keys it knows. */
  int size() {
    return size;
  }

  /** The row that the key leads to; {@link #NONE} where it is not known. */
  int find(long high, long low) {
    return rowIn(slots[slotOf(high, low)]);
  }

  /**
   * Lets a key lead to a row, whatever it led to before.
   *
   * @param row at least 0
   */
  void put(long high, long low, int row) {
    int slot = slotOf(high, low);
    if (slots[slot] == 0) {
      if (3 * (size + 1) > 2 * slots.length) {
        grow();
        slot = slotOf(high, low);
      }
      size++;
    }
    slots[slot] = word(hash(high, low), row);
  }

  /**
   * Forgets a key, if it leads to the row. The row need not have the key any more; two of its keys
   * with one hash would not be told apart.
   */
  void remove(long high, long low, int row) {
    long sought = word(hash(high, low), row);
    int gap = home(sought);
    while (slots[gap] != sought) {
      if (slots[gap] == 0) {
        return;
      }
      gap = next(gap);
    }
    size--;
    for (int slot = next(gap); slots[slot] != 0; slot = next(slot)) {
      // Whoever may lie as far back as the gap does.
      if (distance(home(slots[slot]), slot) >= distance(gap, slot)) {
        slots[gap] = slots[slot];
        gap = slot;
      }
    }
    slots[gap] = 0;
  }

  /** Where the key is, or else where it would be. */
  private int slotOf(long high, long low) {
    int hash = hash(high, low);
    int slot = home(word(hash, 0));
    while (slots[slot] != 0
        && (hashIn(slots[slot]) != hash || !keys.hasKey(rowIn(slots[slot]), high, low))) {
      slot = next(slot);
    }
    return slot;
  }

  private int hash(long high, long low) {
    long mixed = (high ^ secret) * GOLDEN_RATIO;
    mixed = (mixed ^ (mixed >>> 32) ^ low) * GOLDEN_RATIO;
    return (int) (mixed >>> 32);
  }

  private static long word(int hash, int row) {
    return (long) hash << 32 | (row + 1);
  }

  private static int hashIn(long word) {
    return (int) (word >>> 32);
  }

  private static int rowIn(long word) {
    return (int) word - 1;
  }

  private int home(long word) {
    return hashIn(word) & (slots.length - 1);
  }

  private int next(int slot) {
    return (slot + 1) & (slots.length - 1);
  }

  private int distance(int from, int to) {
    return (to - from) & (slots.length - 1);
  }

  private void grow() {
    long[] before = slots;
    slots = new long[2 * before.length];
    for (long word : before) {
      if (word != 0) {
        int slot = home(word);
        while (slots[slot] != 0) {
          slot = next(slot);
        }
        slots[slot] = word;
      }
    }
  }
}
