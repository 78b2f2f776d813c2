package dev.hourglass.app.bench.reservation;

import dev.hourglass.app.reserve.ReservationClient.Wanted;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one client knows of one reservation: what it sent, and what it was told. Of one thread at a
 * time.
 */
final class Booking {
  final String id;
  final Instant start;
  final Instant end;
  final int sessions;

  /** When the hold expires; {@code null} until the client was told that it is held. */
  @Nullable Instant heldUntil;

  /** When the grace for the first use ends; {@code null} until the client was told it is sold. */
  @Nullable Instant confirmedWithGraceUntil;

  boolean confirmSent;
  boolean useSent;
  boolean releaseSent;
  boolean released;

  /** Whether it has been seen to have ended, so that nothing more can come of it. */
  boolean settled;

  Booking(String id, Instant start, Instant end, int sessions) {
    this.id = id;
    this.start = start;
    this.end = end;
    this.sessions = sessions;
  }

  Wanted wanted() {
    return new Wanted(id, null, start, end, sessions);
  }

  /** Whether the client has every reason to believe that it owns the capacity. */
  boolean owned() {
    return confirmedWithGraceUntil != null && !releaseSent;
  }
}
