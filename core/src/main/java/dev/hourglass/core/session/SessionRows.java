package dev.hourglass.core.session;

import java.util.Arrays;

/**
 * Gives sessions rows of a table, and finds the row of an id. A row is a number; one that was given
 * back is the next to be given, so that rows never number more than were held at once.
 *
 * <p>The ids are kept here as numbers: a table that refers to no object of a session has nothing
 * that a garbage collector must look at when sessions come and go. Not thread-safe.
 */
public final class SessionRows {
  /** No row. */
  public static final int NONE = HashIndex.NONE;

  private static final int FIRST_ROWS = 16;
  private static final int WORDS = 2;

  private final HashIndex index = new HashIndex(this::hasKey);

  /** The first 128 bits of each row's id, and the rest. */
  private long[] words = new long[WORDS * FIRST_ROWS];

  private short[] rests = new short[FIRST_ROWS];

  /** From each row that was given back to the one given back before it; a list of free rows. */
  private int[] freeBefore = new int[FIRST_ROWS];

  private int lastFree = NONE;
  private int rows;
  private int size;

  /** How many rows are held. */
  public int size() {
    return size;
  }

  /** The row of a session; {@link #NONE} where it has none. */
  public int find(SessionId id) {
    int row = index.find(id.keyHigh(), id.keyLow());
    return row != NONE && rests[row] == id.rest() ? row : NONE;
  }

  /** Gives a session a row, by which it is found from now on, even if it has another one. */
  public int add(SessionId id) {
    int row = lastFree;
    if (row == NONE) {
      row = rows++;
      makeRoomFor(row);
    } else {
      lastFree = freeBefore[row];
    }
    words[WORDS * row] = id.keyHigh();
    words[WORDS * row + 1] = id.keyLow();
    rests[row] = id.rest();
    index.put(id.keyHigh(), id.keyLow(), row);
    size++;
    return row;
  }

  private void makeRoomFor(int row) {
    if (row == rests.length) {
      words = Arrays.copyOf(words, WORDS * 2 * row);
      rests = Arrays.copyOf(rests, 2 * row);
      freeBefore = Arrays.copyOf(freeBefore, 2 * row);
    }
  }

  /** The id of the session that holds a row. */
  public SessionId at(int row) {
    return SessionId.ofKey(words[WORDS * row], words[WORDS * row + 1], rests[row]);
  }

  /** Takes a held row back. */
  public void remove(int row) {
    index.remove(words[WORDS * row], words[WORDS * row + 1], row);
    freeBefore[row] = lastFree;
    lastFree = row;
    size--;
  }

  private boolean hasKey(int row, long high, long low) {
    return words[WORDS * row] == high && words[WORDS * row + 1] == low;
  }
}
