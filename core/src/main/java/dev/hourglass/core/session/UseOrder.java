package dev.hourglass.core.session;

import java.util.Arrays;

/**
 * Keeps rows of a table in the order of their last use.
 *
 * <p>A doubly linked list in arrays of primitives, of which a garbage collector copies and scans
 * nothing. Not thread-safe.
 */
public final class UseOrder {
  private static final int FIRST_ROWS = 16;

  /** Neighbours of each row, plus 1; 0 where there is none. */
  private int[] older = new int[FIRST_ROWS];

  private int[] newer = new int[FIRST_ROWS];

  private int oldest = SessionRows.NONE;
  private int newest = SessionRows.NONE;
  private int size;

  /** How many rows are in order. */
  public int size() {
    return size;
  }

  /** The row used longest ago; {@link SessionRows#NONE} where there is none. */
  public int oldest() {
    return oldest;
  }

  /** The row used last; {@link SessionRows#NONE} where there is none. */
  public int newest() {
    return newest;
  }

  /** The row used next after one; {@link SessionRows#NONE} behind the newest. */
  public int newer(int row) {
    return newer[row] - 1;
  }

  /** The row used last before one; {@link SessionRows#NONE} before the oldest. */
  public int older(int row) {
    return older[row] - 1;
  }

  /** Whether the row is in the order. */
  public boolean has(int row) {
    return row == newest || (row < newer.length && newer[row] != 0);
  }

  /** Adds a row, at least 0, that is not in it; it is the newest. */
  public void add(int row) {
    if (row >= older.length) {
      int rows = Integer.highestOneBit(row) << 1;
      older = Arrays.copyOf(older, rows);
      newer = Arrays.copyOf(newer, rows);
    }
    older[row] = newest + 1;
    if (newest == SessionRows.NONE) {
      oldest = row;
    } else {
      newer[newest] = row + 1;
    }
    newest = row;
    size++;
  }

  /** Makes a row that is in it the newest. */
  public void use(int row) {
    if (row != newest) {
      remove(row);
      add(row);
    }
  }

  /** Takes a row out that is in it. */
  public void remove(int row) {
    int before = older(row);
    int after = newer(row);
    if (before == SessionRows.NONE) {
      oldest = after;
    } else {
      newer[before] = after + 1;
    }
    if (after == SessionRows.NONE) {
      newest = before;
    } else {
      older[after] = before + 1;
    }
    older[row] = 0;
    newer[row] = 0;
    size--;
  }
}
