package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.TurnRows.read;
import static dev.hourglass.store.sqlite.TurnRows.stored;

import dev.hourglass.core.reservation.BucketSpan;
import dev.hourglass.core.reservation.Reservation;
import dev.hourglass.core.reservation.ReservationChange;
import dev.hourglass.core.reservation.ReservationId;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.reservation.ReservationStatus;
import dev.hourglass.core.reservation.ReservationStore.StoredPool;
import dev.hourglass.core.session.TenantId;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The tables {@code reservation_pools} and {@code reservations}, inside one transaction. */
record ReservationRows(Handle handle) {

  List<StoredPool> pools() {
    return handle
        .createQuery("SELECT pool, fence FROM reservation_pools ORDER BY pool")
        .map((row, context) -> {
          String pool = row.getString("pool");
          return new StoredPool(pool, row.getLong("fence"), of(pool));
        })
        .list();
  }

  private List<Reservation> of(String pool) {
    return handle
        .createQuery(
            """
            SELECT tenant, id, first, after_last, sessions, status, created_at, status_ends_at,
              number, fence
            FROM reservations WHERE pool = :pool ORDER BY tenant, id
            """)
        .bind("pool", pool)
        .map((row, context) ->
            new Reservation(
                new ReservationKey(
                    new TenantId(row.getString("tenant")), new ReservationId(row.getString("id"))),
                pool,
                new BucketSpan(row.getLong("first"), row.getLong("after_last")),
                row.getInt("sessions"),
                read(ReservationStatus.class, row.getString("status")),
                Nanos.instant(row.getLong("created_at")),
                Nanos.instant(row.getLong("status_ends_at")),
                row.getLong("number"),
                row.getLong("fence")))
        .list();
  }

  /** Returns whether the pool was where the change began. */
  boolean advance(ReservationChange change) {
    String statement =
        change.fenceBefore() == 0
            ? "INSERT INTO reservation_pools (pool, fence) VALUES (:pool, :fence)"
                + " ON CONFLICT DO NOTHING"
            : "UPDATE reservation_pools SET fence = :fence"
                + " WHERE pool = :pool AND fence = :fenceBefore";
    return handle
            .createUpdate(statement)
            .bind("pool", change.pool())
            .bind("fence", change.fence())
            .bind("fenceBefore", change.fenceBefore())
            .execute()
        == 1;
  }

  void write(List<Reservation> written) {
    if (written.isEmpty()) {
      return;
    }
    PreparedBatch batch =
        handle.prepareBatch(
            """
            INSERT OR REPLACE INTO reservations (tenant, id, pool, first, after_last, sessions,
              status, created_at, status_ends_at, number, fence)
            VALUES (:tenant, :id, :pool, :first, :afterLast, :sessions, :status, :createdAt,
              :statusEndsAt, :number, :fence)
            """);
    for (Reservation reservation : written) {
      batch
          .bind("tenant", reservation.key().tenant().value())
          .bind("id", reservation.key().id().value())
          .bind("pool", reservation.pool())
          .bind("first", reservation.window().first())
          .bind("afterLast", reservation.window().afterLast())
          .bind("sessions", reservation.sessions())
          .bind("status", stored(reservation.status()))
          .bind("createdAt", Nanos.of(reservation.createdAt()))
          .bind("statusEndsAt", Nanos.of(reservation.statusEndsAt()))
          .bind("number", reservation.number())
          .bind("fence", reservation.fence())
          .add();
    }
    batch.execute();
  }

  void forget(String pool, List<ReservationKey> forgotten) {
    if (forgotten.isEmpty()) {
      return;
    }
    PreparedBatch batch =
        handle.prepareBatch(
            "DELETE FROM reservations WHERE pool = :pool AND tenant = :tenant AND id = :id");
    for (ReservationKey key : forgotten) {
      batch
          .bind("pool", pool)
          .bind("tenant", key.tenant().value())
          .bind("id", key.id().value())
          .add();
    }
    batch.execute();
  }
}
