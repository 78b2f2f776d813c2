package dev.hourglass.core.session;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Implicit sessions in the order of their last use, found by the histories that their clients
 * resend.
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

  private @Nullable Session[] sessions = new Session[FIRST_ROWS];

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
    byHistory = new HashIndex(this::has, random);
  }

  int size() {
    return order.size();
  }

  /** Gives a session that has no place the newest one. */
  void add(Session session) {
    int row = order.add();
    if (row == sessions.length) {
      sessions = Arrays.copyOf(sessions, 2 * row);
      hashes = Arrays.copyOf(hashes, WORDS * 2 * row);
      known = Arrays.copyOf(known, 2 * row);
    }
    sessions[row] = session;
    session.row = row;
  }

  /** Takes a session's place and its history away, if it has any. */
  void remove(Session session) {
    int row = session.row;
    if (row != UseOrder.NONE) {
      forget(row);
      sessions[row] = null;
      session.row = UseOrder.NONE;
      order.remove(row);
    }
  }

  /** Notes a session's new history, if it has a place, which is the newest from now on. */
  void remember(Session session, ChainHash asked, ChainHash answered) {
    int row = session.row;
    if (row != UseOrder.NONE) {
      forget(row);
      note(row, 0, asked);
      note(row, 2, answered);
      known[row] = true;
      order.use(row);
    }
  }

  private void note(int row, int word, ChainHash hash) {
    hashes[WORDS * row + word] = hash.high();
    hashes[WORDS * row + word + 1] = hash.low();
    byHistory.put(hash.high(), hash.low(), row);
  }

  private boolean has(int row, long high, long low) {
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

  /** Whether the session has a history to be recognised by. */
  boolean remembers(Session session) {
    return session.row != UseOrder.NONE && known[session.row];
  }

  /** The session that has the history, asked or answered; {@code null} where none has. */
  @Nullable Session find(ChainHash history) {
    int row = byHistory.find(history.high(), history.low());
    return row == HashIndex.NONE ? null : sessions[row];
  }

  /** The one used longest ago that may go; {@code null} where none may. */
  @Nullable Session oldestIdle() {
    for (int row = order.oldest(); row != UseOrder.NONE; row = order.newer(row)) {
      Session session = sessions[row];
      if (session != null && session.mayGo()) {
        return session;
      }
    }
    return null;
  }
}
