package dev.hourglass.core.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Live sessions by id, in an array of them and an index of numbers: a session that is born and dies
 * leaves nothing else for a garbage collector to copy. Not thread-safe.
 */
final class Roster {
  private static final int FIRST_ROWS = 16;

  private final UseOrder rows = new UseOrder();
  private @Nullable Session[] sessions = new Session[FIRST_ROWS];
  private final HashIndex byId =
      HashIndex.ofSessions(row -> Objects.requireNonNull(sessions[row]).id());

  int size() {
    return rows.size();
  }

  /** The live session of that id; {@code null} where there is none. */
  @Nullable Session find(SessionId id) {
    Session found = at(byId.find(id));
    return found != null && found.id().equals(id) ? found : null;
  }

  private @Nullable Session at(int row) {
    return row == HashIndex.NONE ? null : sessions[row];
  }

  void add(Session session) {
    int row = rows.add();
    if (row == sessions.length) {
      sessions = Arrays.copyOf(sessions, 2 * row);
    }
    sessions[row] = session;
    byId.put(session.id(), row);
  }

  /** Idempotent. */
  void remove(Session session) {
    SessionId id = session.id();
    int row = byId.find(id);
    if (session.equals(at(row))) {
      byId.remove(id, row);
      sessions[row] = null;
      rows.remove(row);
    }
  }

  /**
   * A part of the whole. A session keeps its place, so that parts one after another show each that
   * lives throughout once.
   *
   * @param part from 0; a {@code size} of places each
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
