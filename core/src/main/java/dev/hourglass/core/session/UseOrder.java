package dev.hourglass.core.session;

import java.util.Arrays;

/**
 * Gives out rows of a table and keeps them in the order of their last use. A row is a number; one
 * that was given back is given again, so that rows never number more than were held at once.
 *
 * <p>A doubly linked list in arrays of primitives, of which a garbage collector copies and scans
 * nothing. Not thread-safe.
 */
public final class UseOrder {
  /** No row. */
  public static final int NONE = -1;

  private static final int FIRST_ROWS = 16;

  /** Neighbours of a row that is held; {@code newer} leads from a free row to the next. */
  private int[] older = new int[FIRST_ROWS];

  private int[] newer = new int[FIRST_ROWS];

  private int oldest = NONE;
  private int newest = NONE;
  private int free = NONE;
  private int rows;
  private int size;

  /** How many rows are held. */
  public int size() {
    return size;
  }

  /** The row used longest ago; {@link #NONE} where none is held. */
  public int oldest() {
    return oldest;
  }

  /** The row used last; {@link #NONE} where none is held. */
  public int newest() {
    return newest;
  }

  /** The row used next after a held one; {@link #NONE} behind the newest. */
  public int newer(int row) {
    return newer[row];
  }

  /** The row used last before a held one; {@link #NONE} before the oldest. */
  public int older(int row) {
    return older[row];
  }

  /** Gives out a row, which is the newest. */
  public int add() {
    int row = free;
    if (row == NONE) {
      row = rows++;
      if (row == older.length) {
        older = Arrays.copyOf(older, 2 * row);
        newer = Arrays.copyOf(newer, 2 * row);
      }
    } else {
      free = newer[row];
    }
    append(row);
    size++;
    return row;
  }

  /** Makes a held row the newest. */
  public void use(int row) {
    if (row != newest) {
      unlink(row);
      append(row);
    }
  }

  /** Takes a held row back. */
  public void remove(int row) {
    unlink(row);
    newer[row] = free;
    free = row;
    size--;
  }

  private void append(int row) {
    older[row] = newest;
    newer[row] = NONE;
    if (newest == NONE) {
      oldest = row;
    } else {
      newer[newest] = row;
    }
    newest = row;
  }

  private void unlink(int row) {
    if (older[row] == NONE) {
      oldest = newer[row];
    } else {
      newer[older[row]] = newer[row];
    }
    if (newer[row] == NONE) {
      newest = older[row];
    } else {
      older[newer[row]] = older[row];
    }
  }
}
