package dev.hourglass.core.reservation;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Something that is to happen to the reservations of one pool. */
public sealed interface ReservationCommand {
  /**
   * Keep capacity for a moment, so that it can be confirmed. The same hold again is answered with
   * the reservation that there is.
   */
  record Hold(ReservationKey key, Instant start, Instant end, int sessions)
      implements ReservationCommand {}

  /**
   * Sell what is held.
   *
   * @param fence the fence that the client was told; {@code null} where it does not care whether
   *     the id meanwhile names another reservation
   */
  record Confirm(ReservationKey key, @Nullable Long fence) implements ReservationCommand {}

  /** A turn calls for the capacity. */
  record Use(ReservationKey key) implements ReservationCommand {}

  /**
   * Give back what is left.
   *
   * @param fence as for {@link Confirm}
   */
  record Release(ReservationKey key, @Nullable Long fence) implements ReservationCommand {}

  /** From now on the pool has room for so many sessions at once. */
  record SetCapacity(int sessions) implements ReservationCommand {}

  /** End what is due. Every other command does that first, too. */
  record Settle() implements ReservationCommand {}

  /**
   * The gateway was away: reservations that nobody could use meanwhile get their grace anew, before
   * what is due ends.
   */
  record Resume() implements ReservationCommand {}
}
