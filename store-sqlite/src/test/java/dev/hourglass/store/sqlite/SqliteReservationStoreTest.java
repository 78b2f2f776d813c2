package dev.hourglass.store.sqlite;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.reservation.ReservationStore;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.testkit.store.ReservationStoreContractTest;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteReservationStoreTest extends ReservationStoreContractTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @SuppressWarnings("NullAway.Init")
  private SqliteSessionStore file;

  @Override
  protected ReservationStore open() {
    file = Samples.open(folder.resolve("sessions.db"));
    return file.reservations();
  }

  @Override
  protected ReservationStore reopen(ReservationStore store) {
    file.close();
    return open();
  }

  @AfterEach
  void closeFile() {
    file.close();
  }

  @Test
  void failsOnceItsFileIsClosed() {
    ReservationStore store = file.reservations();
    file.close();

    assertThatThrownBy(store::pools).isInstanceOf(SessionStoreException.class);
  }
}
