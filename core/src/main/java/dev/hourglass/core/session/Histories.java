package dev.hourglass.core.session;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The rows of implicit sessions in the order of their last use, found by the histories that their
 * clients resend.
 *
 * <p>Each turn changes a place in the order and two hashes. They are numbers in arrays, since what
 * is written as an object by every turn and lives until the next is what a garbage collector has to
 * copy. Not thread-safe.
 */
final class Histories {
  private static final int FIRST_ROWS = 16;
  private static final int WORDS = 4;

  private final UseOrder order = new UseOrder();
  private final HashIndex byHistory;

  /** Two hashes a row: what was asked last, and the same with its answer. */
  private long[] hashes = new long[WORDS * FIRST_ROWS];

  /** Whether the row has hashes. */
  private boolean[] known = new boolean[FIRST_ROWS];

  /**
   * Creates an empty one.
   *
   * @param random keeps clients, who choose what is hashed, from choosing where it lies
   */
  Histories(RandomGenerator random) {
    byHistory = new HashIndex(this::hasKey, random);
  }

  int size() {
    return order.size();
  }

  /** Gives a row that has no place the newest one. */
  void add(int row) {
    if (row >= known.length) {
      int rows = Integer.highestOneBit(row) << 1;
      hashes = Arrays.copyOf(hashes, WORDS * rows);
      known = Arrays.copyOf(known, rows);
    }
    order.add(row);
  }

  /** Takes a row's place and its history away, if it has any. */
  void remove(int row) {
    if (has(row)) {
      forget(row);
      order.remove(row);
    }
  }

  /** Notes a row's new history, if it has a place, which is the newest from now on. */
  void remember(int row, ChainHash asked, ChainHash answered) {
    if (has(row)) {
      forget(row);
      note(row, 0, asked);
      note(row, 2, answered);
      known[row] = true;
      order.use(row);
    }
  }

  private boolean has(int row) {
    return row != SessionRows.NONE && order.has(row);
  }

  private void note(int row, int word, ChainHash hash) {
    hashes[WORDS * row + word] = hash.high();
    hashes[WORDS * row + word + 1] = hash.low();
    byHistory.put(hash.high(), hash.low(), row);
  }

  private boolean hasKey(int row, long high, long low) {
    int first = WORDS * row;
    return (hashes[first] == high && hashes[first + 1] == low)
        || (hashes[first + 2] == high && hashes[first + 3] == low);
  }

  private void forget(int row) {
    if (known[row]) {
      known[row] = false;
      byHistory.remove(hashes[WORDS * row], hashes[WORDS * row + 1], row);
      byHistory.remove(hashes[WORDS * row + 2], hashes[WORDS * row + 3], row);
    }
  }

  /** Whether the row has a history to be recognised by. */
  boolean remembers(int row) {
    return has(row) && known[row];
  }

  /** The row that has the history, asked or answered; {@link SessionRows#NONE} where none has. */
  int find(ChainHash history) {
    return byHistory.find(history.high(), history.low());
  }

  /** The row used longest ago; {@link SessionRows#NONE} where there is none. */
  int oldest() {
    return order.oldest();
  }

  /** The row used next after one; {@link SessionRows#NONE} behind the newest. */
  int newer(int row) {
    return order.newer(row);
  }
}
