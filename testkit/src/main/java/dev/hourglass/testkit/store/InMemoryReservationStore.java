package dev.hourglass.testkit.store;

import dev.hourglass.core.reservation.Reservation;
import dev.hourglass.core.reservation.ReservationChange;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.reservation.ReservationStore;
import dev.hourglass.core.session.SessionStoreException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A reservation store without a medium: it keeps the whole contract except durability, and fails on
 * command.
 */
public final class InMemoryReservationStore implements ReservationStore {
  private final NavigableMap<String, Pool> pools = new TreeMap<>();
  private Order order = Order.NONE;

  private enum Order {
    NONE,
    FAIL,
    FAIL_AFTER_COMMIT
  }

  private static final class Pool {
    private long fence;
    private final NavigableMap<ReservationKey, Reservation> reservations = new TreeMap<>();
  }

  /** Makes the next commit throw and change nothing. */
  public synchronized void failNextCommit() {
    order = Order.FAIL;
  }

  /** Makes the next commit throw although it was made, as a medium may that answers too late. */
  public synchronized void failNextCommitAfterwards() {
    order = Order.FAIL_AFTER_COMMIT;
  }

  @Override
  public synchronized List<StoredPool> pools() {
    List<StoredPool> stored = new ArrayList<>();
    pools.forEach((name, pool) ->
        stored.add(new StoredPool(name, pool.fence, List.copyOf(pool.reservations.values()))));
    return stored;
  }

  @Override
  public synchronized boolean commit(ReservationChange change) {
    Order carried = order;
    order = Order.NONE;
    if (carried == Order.FAIL) {
      throw failure();
    }
    Pool pool = pools.get(change.pool());
    if ((pool == null ? 0 : pool.fence) != change.fenceBefore()) {
      return false;
    }
    if (pool == null) {
      pool = new Pool();
      pools.put(change.pool(), pool);
    }
    pool.fence = change.fence();
    for (Reservation written : change.written()) {
      pool.reservations.put(written.key(), written);
    }
    change.forgotten().forEach(pool.reservations::remove);
    if (carried == Order.FAIL_AFTER_COMMIT) {
      throw failure();
    }
    return true;
  }

  private static SessionStoreException failure() {
    return new SessionStoreException("COMMIT: told to fail", new IOException("on command"));
  }
}
