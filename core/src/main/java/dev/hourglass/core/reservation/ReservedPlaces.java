package dev.hourglass.core.reservation;

import dev.hourglass.core.session.SessionId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * Which sessions use which reservations of a pool at the moment. A session counts once, however
 * many of its turns run or wait; a reservation never has more sessions than it is for. In memory
 * only: no turn outlives the process.
 */
final class ReservedPlaces {
  /** Turns of each session under each reservation; never empty inside. Guarded by this. */
  private final Map<ReservationKey, Map<SessionId, Integer>> turns = new HashMap<>();

  /** Empty where as many other sessions use the reservation as it is for. */
  synchronized Optional<ReservedPlace> enter(Reservation reservation, SessionId session) {
    Map<SessionId, Integer> sessions =
        turns.computeIfAbsent(reservation.key(), _ -> new HashMap<>());
    if (!sessions.containsKey(session) && sessions.size() >= reservation.sessions()) {
      return Optional.empty();
    }
    sessions.merge(session, 1, Integer::sum);
    return Optional.of(new Taken(reservation.key(), session));
  }

  private synchronized void leave(ReservationKey key, SessionId session) {
    turns.computeIfPresent(
        key,
        (_, sessions) -> {
          sessions.computeIfPresent(session, (_, count) -> count == 1 ? null : count - 1);
          return sessions.isEmpty() ? null : sessions;
        });
  }

  synchronized int sessionsOf(ReservationKey key) {
    return turns.getOrDefault(key, Map.of()).size();
  }

  /** Sessions under all reservations that are of some kind. */
  synchronized int sessionsOf(Predicate<ReservationKey> kind) {
    int all = 0;
    for (var entry : turns.entrySet()) {
      all += kind.test(entry.getKey()) ? entry.getValue().size() : 0;
    }
    return all;
  }

  private final class Taken implements ReservedPlace {
    private final ReservationKey key;
    private final SessionId session;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Taken(ReservationKey key, SessionId session) {
      this.key = key;
      this.session = session;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        leave(key, session);
      }
    }
  }
}
