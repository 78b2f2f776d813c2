package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.Samples.session;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.store.sqlite.SqliteSettings.Synchronous;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteSettingsTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @Test
  void refusesToKeepNoReceipt() {
    assertThatThrownBy(() -> settings(Synchronous.NORMAL, 0, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("receipts kept: 0 (expected: >= 1)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT0.0001S", "PT1H0.001S"})
  void refusesABusyTimeoutOutOfRange(Duration timeout) {
    assertThatThrownBy(() -> settings(Synchronous.NORMAL, 1, timeout))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("busy timeout: " + timeout + " (expected: 1 ms to 1 hour)");
  }

  /** The numbers are SQLite's: 1 is NORMAL, 2 is FULL. */
  @ParameterizedTest
  @CsvSource({"NORMAL, 1", "FULL, 2"})
  void theWritingConnectionIsSetUpAsDocumented(Synchronous synchronous, String level) {
    Map<String, String> expected =
        Map.of(
            "synchronous", level,
            "journal_mode", "wal",
            "foreign_keys", "1",
            "secure_delete", "1",
            "temp_store", "2",
            "busy_timeout", "1234");
    try (SqliteSessionStore store =
        SqliteSessionStore.open(settings(synchronous, 1, Duration.ofMillis(1234)))) {
      store.exclusively(
          "test",
          writer ->
              expected.forEach((pragma, value) ->
                  assertThat(writer.createQuery("PRAGMA " + pragma).mapTo(String.class).one())
                      .as(pragma)
                      .isEqualTo(value)));
    }
  }

  @Test
  void anInstantThatDoesNotFitIsRefusedByValue() {
    try (SqliteSessionStore store = Samples.open(folder.resolve("sessions.db"))) {
      store.create(session(Samples.ALICE), List.of());

      assertThatThrownBy(() -> store.touch(Samples.ALICE, Instant.MAX))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected: between 1678 and 2262");
      assertThat(store.sessions()).containsExactly(session(Samples.ALICE));
    }
  }

  private SqliteSettings settings(Synchronous synchronous, int receiptsKept, Duration timeout) {
    return new SqliteSettings(
        folder.resolve("settings.db"), synchronous, receiptsKept, Duration.ZERO, timeout);
  }
}
