package dev.hourglass.core.reservation;

import dev.hourglass.core.session.SessionId;
import java.time.Duration;
import java.util.Optional;

/**
 * What admission needs to know of reservations. Answers from memory, in microseconds.
 *
 * <p>Reserved capacity is work-conserving: until it is called for, by the first turn of its
 * reservation, others may use it. A turn that belongs to a reservation goes before everybody who
 * waits, so it gets its place when the next of those turns ends.
 */
public interface ReservedCapacity {
  /** A house without reservations. */
  ReservedCapacity NONE =
      new ReservedCapacity() {
        @Override
        public boolean isActive(ReservationKey key) {
          return false;
        }

        @Override
        public Optional<ReservedPlace> enter(ReservationKey key, SessionId session) {
          return Optional.empty();
        }

        @Override
        public int setAsideSessions(String pool) {
          return 0;
        }

        @Override
        public int uncalledSessions(String pool, Duration ahead) {
          return 0;
        }
      };

  /** Whether turns may be counted against a reservation at once, without its first use. */
  boolean isActive(ReservationKey key);

  /**
   * Counts a turn of a session against a reservation. Empty where the reservation is not active, or
   * as many other sessions use it as it is for: then the turn is one like any other.
   */
  Optional<ReservedPlace> enter(ReservationKey key, SessionId session);

  /**
   * Sessions of reservations that were called for, beyond those that use them now: between their
   * turns, capacity for them is set aside.
   */
  int setAsideSessions(String pool);

  /**
   * Sessions that reservations may call for between now and some time ahead, beyond those that use
   * them now.
   */
  int uncalledSessions(String pool, Duration ahead);
}
