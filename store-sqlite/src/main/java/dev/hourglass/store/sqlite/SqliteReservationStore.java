package dev.hourglass.store.sqlite;

import dev.hourglass.core.reservation.ReservationChange;
import dev.hourglass.core.reservation.ReservationStore;
import java.util.List;

/** The reservations in a session store's file. */
record SqliteReservationStore(SqliteSessionStore file) implements ReservationStore {
  @Override
  public List<StoredPool> pools() {
    return file.read("read reservations", handle -> new ReservationRows(handle).pools());
  }

  @Override
  public boolean commit(ReservationChange change) {
    return file.change(
        "store a reservation",
        handle -> {
          ReservationRows rows = new ReservationRows(handle);
          if (!rows.advance(change)) {
            return false;
          }
          rows.write(change.written());
          rows.forget(change.pool(), change.forgotten());
          return true;
        });
  }
}
