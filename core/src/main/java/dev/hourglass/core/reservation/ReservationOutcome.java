package dev.hourglass.core.reservation;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came of a {@link ReservationCommand}. */
public sealed interface ReservationOutcome {
  /**
   * It is done.
   *
   * @param reservation as it now is
   * @param repeated whether it had been done before, so that nothing changed
   */
  record Done(Reservation reservation, boolean repeated) implements ReservationOutcome {}

  /**
   * The window is sold to others.
   *
   * @param earliestStart the first start, from the one that was asked for, at which the same length
   *     and number fit; {@code null} where there is none within the horizon
   */
  record NoRoom(@Nullable Instant earliestStart) implements ReservationOutcome {}

  /**
   * It cannot be, and changed nothing.
   *
   * @param field the field at fault; {@code null} where none is
   * @param message names the value and the expectation
   */
  record Refused(Reason reason, @Nullable String field, String message)
      implements ReservationOutcome {}

  /**
   * The pool has what it was told.
   *
   * @param shortfalls the sessions that each reservation is now short of, at the worst moment of
   *     its window; none where everything sold can still be served
   */
  record CapacityIs(int sessions, Map<ReservationKey, Integer> shortfalls)
      implements ReservationOutcome {
    public CapacityIs {
      shortfalls = Map.copyOf(shortfalls);
    }
  }

  /**
   * What was due has ended.
   *
   * @param ended how many did
   */
  record Settled(int ended) implements ReservationOutcome {}

  /** Why something cannot be. */
  enum Reason {
    /** A field has a value that cannot be honoured. */
    INVALID,
    /** No pool serves that model. */
    MODEL_NOT_FOUND,
    /** The tenant has no such reservation. */
    NOT_FOUND,
    /** The id names another reservation. */
    ID_TAKEN,
    /** The id names another reservation than the one whose fence was told. */
    STALE_FENCE,
    /** The hold was not confirmed in time. */
    EXPIRED,
    /** It has ended. */
    OVER,
    /** It is held only. */
    NOT_CONFIRMED,
    /** Its window is still to come. */
    NOT_STARTED,
    /** As many reservations live as may live. */
    TOO_MANY,
    /** The store failed. */
    STORE_FAILED
  }
}
