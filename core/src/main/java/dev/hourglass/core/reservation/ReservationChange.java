package dev.hourglass.core.reservation;

import java.util.List;

/**
 * What one step changed of a pool's reservations, all of it or nothing.
 *
 * @param fenceBefore the pool's fence before; a change that begins elsewhere must not be made
 * @param fence the pool's fence afterwards
 * @param written reservations that are new or changed, each once and as it is afterwards
 * @param forgotten reservations that are not remembered any more
 */
public record ReservationChange(
    String pool,
    long fenceBefore,
    long fence,
    List<Reservation> written,
    List<ReservationKey> forgotten) {
  public ReservationChange {
    written = List.copyOf(written);
    forgotten = List.copyOf(forgotten);
  }

  public boolean isEmpty() {
    return written.isEmpty() && forgotten.isEmpty();
  }
}
