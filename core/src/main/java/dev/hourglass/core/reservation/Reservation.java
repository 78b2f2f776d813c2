package dev.hourglass.core.reservation;

import java.time.Instant;

/**
 * Capacity of a pool that is kept for one tenant during one window of time.
 *
 * @param pool the model whose capacity it is
 * @param sessions sessions at once, at least 1
 * @param statusEndsAt when its status ends by itself: the hold expires, the grace for the first use
 *     is over, or the window is; for one that has ended, when it did
 * @param number the fence of its hold, which names this reservation even if its id is used again
 * @param fence the fence of its last change
 */
public record Reservation(
    ReservationKey key,
    String pool,
    BucketSpan window,
    int sessions,
    ReservationStatus status,
    Instant createdAt,
    Instant statusEndsAt,
    long number,
    long fence) {
  public Reservation {
    if (sessions < 1) {
      throw new IllegalArgumentException("sessions: " + sessions + " (expected: >= 1)");
    }
    if (number < 1 || fence < number) {
      throw new IllegalArgumentException(
          "fence: %d after %d (expected: 1 or more, and rising)".formatted(fence, number));
    }
  }

  Reservation in(ReservationStatus next, Instant nextEndsAt, long nextFence) {
    return new Reservation(
        key, pool, window, sessions, next, createdAt, nextEndsAt, number, nextFence);
  }

  /** Whether a client that was told this fence means this reservation. */
  boolean answersTo(long told) {
    return told == number || told == fence;
  }
}
