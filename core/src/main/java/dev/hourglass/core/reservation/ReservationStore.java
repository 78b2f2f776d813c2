package dev.hourglass.core.reservation;

import dev.hourglass.core.session.SessionStoreException;
import java.util.List;

/**
 * Keeps reservations across restarts. Calls block and are safe from any thread; a call that returns
 * has committed. Every method throws {@link SessionStoreException} when the medium fails or the
 * store is closed.
 */
public interface ReservationStore {
  /**
   * What is kept of one pool.
   *
   * @param fence that of the last change
   */
  record StoredPool(String pool, long fence, List<Reservation> reservations) {
    public StoredPool {
      reservations = List.copyOf(reservations);
    }
  }

  /** Every pool that ever had a reservation, by name, with its reservations by tenant and id. */
  List<StoredPool> pools();

  /**
   * Makes one step durable, all of it or nothing.
   *
   * @return whether it was made; {@code false} where the pool's fence is not the one that the step
   *     began from, and then nothing has changed
   */
  boolean commit(ReservationChange change);
}
