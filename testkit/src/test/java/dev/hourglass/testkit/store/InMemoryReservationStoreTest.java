package dev.hourglass.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.reservation.ReservationChange;
import dev.hourglass.core.reservation.ReservationStore;
import dev.hourglass.core.session.SessionStoreException;
import java.util.List;
import org.junit.jupiter.api.Test;

class InMemoryReservationStoreTest extends ReservationStoreContractTest {
  private static final ReservationChange CHANGE =
      new ReservationChange("pool", 0, 1, List.of(), List.of());

  private final InMemoryReservationStore told = new InMemoryReservationStore();

  @Override
  protected ReservationStore open() {
    return new InMemoryReservationStore();
  }

  @Override
  protected ReservationStore reopen(ReservationStore store) {
    return store;
  }

  @Test
  void failsOnceOnCommandAndChangesNothing() {
    told.failNextCommit();

    assertThatThrownBy(() -> told.commit(CHANGE)).isInstanceOf(SessionStoreException.class);
    assertThat(told.pools()).isEmpty();
    assertThat(told.commit(CHANGE)).isTrue();
  }

  @Test
  void failsOnCommandAfterTheChangeWasMade() {
    told.failNextCommitAfterwards();

    assertThatThrownBy(() -> told.commit(CHANGE)).isInstanceOf(SessionStoreException.class);
    assertThat(told.pools()).hasSize(1);
  }
}
