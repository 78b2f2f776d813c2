package dev.hourglass.store.sqlite;

import dev.hourglass.core.session.SessionStore;
import dev.hourglass.store.sqlite.SqliteSettings.Synchronous;
import dev.hourglass.testkit.store.SessionStoreContractTest;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;

class SqliteSessionStoreTest extends SessionStoreContractTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @Override
  protected SessionStore open() {
    return SqliteSessionStore.open(
        new SqliteSettings(
            folder.resolve("sessions.db"),
            Synchronous.NORMAL,
            RECEIPTS_KEPT,
            Duration.ofMillis(1),
            Duration.ofSeconds(10)));
  }

  @Override
  protected SessionStore reopen(SessionStore store) {
    store.close();
    return open();
  }
}
