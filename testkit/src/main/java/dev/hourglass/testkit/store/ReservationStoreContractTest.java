package dev.hourglass.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.reservation.BucketSpan;
import dev.hourglass.core.reservation.Reservation;
import dev.hourglass.core.reservation.ReservationChange;
import dev.hourglass.core.reservation.ReservationId;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.reservation.ReservationStatus;
import dev.hourglass.core.reservation.ReservationStore;
import dev.hourglass.core.reservation.ReservationStore.StoredPool;
import dev.hourglass.core.session.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The contract of {@link ReservationStore}, to be run against every implementation. Each test holds
 * a sentence of the port's documentation.
 */
public abstract class ReservationStoreContractTest {
  private static final Instant NOW = Instant.parse("2026-03-29T00:59:59.123456789Z");

  @SuppressWarnings("NullAway.Init")
  private ReservationStore store;

  /** Opens an empty store. */
  protected abstract ReservationStore open() throws Exception;

  /** Closes the store and opens one on what it committed. */
  protected abstract ReservationStore reopen(ReservationStore store) throws Exception;

  @BeforeEach
  final void openStore() throws Exception {
    store = open();
  }

  @Test
  void isEmptyAtFirst() {
    assertThat(store.pools()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void keepsEveryFieldOfAReservation(ReservationStatus status) throws Exception {
    Reservation reservation =
        new Reservation(
            key("tenant-a", "my.booking_1"),
            "org/model:1b",
            new BucketSpan(178_000_000, 178_008_640),
            7,
            status,
            NOW,
            NOW.plusNanos(1),
            3,
            9);

    assertThat(commit("org/model:1b", 0, 9, List.of(reservation))).isTrue();

    StoredPool expected = new StoredPool("org/model:1b", 9, List.of(reservation));
    assertThat(store.pools()).containsExactly(expected);
    store = reopen(store);
    assertThat(store.pools()).containsExactly(expected);
  }

  @Test
  void replacesAReservationByItsLaterSelfAndForgetsWhatItIsTold() {
    Reservation first = reservation("a", "one", 1);
    Reservation second = reservation("a", "two", 2);
    commit("pool", 0, 2, List.of(first, second));
    Reservation later = reservation("a", "two", 3);

    assertThat(
            store.commit(new ReservationChange("pool", 2, 3, List.of(later), List.of(first.key()))))
        .isTrue();

    assertThat(store.pools()).containsExactly(new StoredPool("pool", 3, List.of(later)));
  }

  @Test
  void aChangeThatBeginsElsewhereIsNotMade() {
    Reservation first = reservation("a", "one", 1);
    commit("pool", 0, 4, List.of(first));

    for (long before : new long[] {0, 3, 5}) {
      assertThat(
              store.commit(
                  new ReservationChange(
                      "pool",
                      before,
                      9,
                      List.of(reservation("a", "two", 9)),
                      List.of(first.key()))))
          .isFalse();
    }
    assertThat(commit("other", 7, 8, List.of())).as("a pool that is not there").isFalse();

    assertThat(store.pools()).containsExactly(new StoredPool("pool", 4, List.of(first)));
  }

  @Test
  void theFenceStaysWhenEveryReservationIsForgotten() throws Exception {
    Reservation only = reservation("a", "one", 1);
    commit("pool", 0, 1, List.of(only));

    store.commit(new ReservationChange("pool", 1, 2, List.of(), List.of(only.key())));

    assertThat(store.pools()).containsExactly(new StoredPool("pool", 2, List.of()));
    store = reopen(store);
    assertThat(store.pools()).containsExactly(new StoredPool("pool", 2, List.of()));
  }

  @Test
  void tellsPoolsByNameAndReservationsByTenantAndId() {
    commit("b", 0, 3, List.of(in("b", "z", "1"), in("b", "a", "2"), in("b", "a", "1")));
    commit("a", 0, 3, List.of(in("a", "a", "1")));

    assertThat(store.pools()).extracting(StoredPool::pool).containsExactly("a", "b");
    assertThat(store.pools().getLast().reservations())
        .extracting(Reservation::key)
        .containsExactly(key("a", "1"), key("a", "2"), key("z", "1"));
  }

  @Test
  void ofManyWhoBeginAtOneFenceOneSucceeds() throws Exception {
    commit("pool", 0, 1, List.of());
    List<Callable<Boolean>> rivals = new ArrayList<>();
    for (int rival = 0; rival < 8; rival++) {
      Reservation wanted = reservation("a", "r" + rival, 2);
      rivals.add(() -> commit("pool", 1, 2, List.of(wanted)));
    }
    int made = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Boolean> rival : threads.invokeAll(rivals)) {
        made += rival.get() ? 1 : 0;
      }
    }

    assertThat(made).isOne();
    assertThat(store.pools().getFirst().reservations()).hasSize(1);
  }

  private boolean commit(String pool, long before, long fence, List<Reservation> written) {
    return store.commit(new ReservationChange(pool, before, fence, written, List.of()));
  }

  private static Reservation reservation(String tenant, String id, long fence) {
    return reservation("pool", key(tenant, id), fence);
  }

  private static Reservation in(String pool, String tenant, String id) {
    return reservation(pool, key(tenant, id), 1);
  }

  private static Reservation reservation(String pool, ReservationKey key, long fence) {
    return new Reservation(
        key,
        pool,
        new BucketSpan(10, 20),
        2,
        ReservationStatus.HELD,
        NOW,
        NOW.plusSeconds(60),
        fence,
        fence);
  }

  private static ReservationKey key(String tenant, String id) {
    return new ReservationKey(new TenantId(tenant), new ReservationId(id));
  }
}
