package dev.hourglass.core.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Live sessions, each in its row, by id. A session that is born and dies leaves nothing else for a
 * garbage collector to copy. Not thread-safe.
 */
final class Roster {
  private static final int FIRST_ROWS = 16;

  private final SessionRows rows = new SessionRows();
  private @Nullable Session[] sessions = new Session[FIRST_ROWS];

  int size() {
    return rows.size();
  }

  /** The live session of that id; {@code null} where there is none. */
  @Nullable Session find(SessionId id) {
    int row = rows.find(id);
    return row == SessionRows.NONE ? null : sessions[row];
  }

  /** The session in a row; {@code null} where the row is free. */
  @Nullable Session at(int row) {
    return sessions[row];
  }

  /** Gives a session its row. */
  void add(Session session) {
    int row = rows.add(session.id());
    if (row == sessions.length) {
      sessions = Arrays.copyOf(sessions, 2 * row);
    }
    sessions[row] = session;
    session.row = row;
  }

  /** Takes a session's row away, if it has one. */
  void remove(Session session) {
    int row = session.row;
    if (row != SessionRows.NONE) {
      rows.remove(row);
      sessions[row] = null;
      session.row = SessionRows.NONE;
    }
  }

  /**
   * A part of the whole. A session keeps its row, so that parts one after another show each that
   * lives throughout once.
   *
   * @param part from 0; a {@code size} of rows each
   * @return {@code null} behind the last part
   */
  @Nullable List<Session> part(int part, int size) {
    int from = part * size;
    if (from >= sessions.length) {
      return null;
    }
    List<Session> here = new ArrayList<>();
    for (int row = from; row < Math.min(from + size, sessions.length); row++) {
      Session session = sessions[row];
      if (session != null) {
        here.add(session);
      }
    }
    return here;
  }
}
