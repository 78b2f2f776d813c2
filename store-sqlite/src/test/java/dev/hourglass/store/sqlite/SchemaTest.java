package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.Samples.ALICE;
import static dev.hourglass.store.sqlite.Samples.open;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchemaTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @Test
  void theVersionIsThatOfTheLastMigrationAndTheLastMigrationSetsIt() throws Exception {
    URI migrations = Objects.requireNonNull(Schema.class.getResource("migration")).toURI();
    try (Stream<Path> files = Files.list(Path.of(migrations))) {
      assertThat(files.map(file -> file.getFileName().toString().replaceAll("__.*", "")))
          .hasSize(Schema.VERSION)
          .contains("V" + Schema.VERSION);
    }

    try (SqliteSessionStore store = open(folder.resolve("sessions.db"))) {
      store.exclusively(
          "test", writer -> assertThat(Schema.version(writer)).isEqualTo(Schema.VERSION));
    }
  }

  @Test
  void aFirstStartThatWasKilledIsTakenUp() {
    Path file = folder.resolve("sessions.db");
    try (SqliteSessionStore store = open(file)) {
      store.exclusively(
          "test",
          writer -> {
            List<String> tables =
                writer
                    .createQuery(
                        """
                        SELECT name FROM sqlite_schema
                        WHERE type = 'table' AND name <> 'flyway_schema_history'
                        ORDER BY rowid DESC
                        """)
                    .mapTo(String.class)
                    .list();
            tables.forEach(table -> writer.execute("DROP TABLE " + table));
            writer.execute("DELETE FROM flyway_schema_history");
            writer.execute("PRAGMA user_version = 0");
          });
    }

    try (SqliteSessionStore store = open(file)) {
      assertThat(store.sessions()).isEmpty();
    }
  }

  @Test
  void aHistoryIsReadInOrderWithoutSortingAndWithoutScanning() {
    try (SqliteSessionStore store = open(folder.resolve("sessions.db"))) {
      store.exclusively(
          "test",
          writer -> {
            List<String> plan =
                writer
                    .createQuery("EXPLAIN QUERY PLAN " + TurnRows.HISTORY)
                    .bind("id", ALICE.value())
                    .map((row, context) -> row.getString("detail"))
                    .list();
            assertThat(plan)
                .hasSize(3)
                .allMatch(step -> step.startsWith("SEARCH"), "searches an index");
          });
    }
  }
}
