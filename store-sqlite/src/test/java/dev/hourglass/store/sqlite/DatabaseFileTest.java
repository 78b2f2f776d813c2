package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.Samples.ALICE;
import static dev.hourglass.store.sqlite.Samples.open;
import static dev.hourglass.store.sqlite.Samples.session;
import static dev.hourglass.store.sqlite.Samples.user;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file on the disk: who may read it, who may open it, and what becomes of a bad one. */
class DatabaseFileTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @Test
  void everyFileIsPrivateAndSoIsACreatedFolder() throws IOException {
    Path data = folder.resolve("data/deep");

    try (SqliteSessionStore store = open(data.resolve("sessions.db"))) {
      store.create(session(ALICE), user("Hello"));

      assertThat(modes(data))
          .containsOnly(
              Map.entry("sessions.db", "rw-------"),
              Map.entry("sessions.db-wal", "rw-------"),
              Map.entry("sessions.db-shm", "rw-------"),
              Map.entry("sessions.db.lock", "rw-------"));
    }
    assertThat(mode(data)).isEqualTo("rwx------");
    assertThat(mode(folder.resolve("data"))).isEqualTo("rwx------");
  }

  @Test
  void anExistingFileIsMadePrivateAndAnExistingFolderStaysAsItIs() throws IOException {
    Path file = folder.resolve("sessions.db");
    open(file).close();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));

    open(file).close();

    assertThat(mode(file)).isEqualTo("rw-------");
    assertThat(mode(folder)).isEqualTo("rwxr-xr-x");
  }

  @Test
  void aReadOnlyFileOpensOnlyForWhoeverMayWriteItAllTheSame() throws IOException {
    Path file = folder.resolve("sessions.db");
    open(file).close();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));

    Throwable failure = catchThrowable(() -> open(file).close());

    // The superuser may.
    if (Files.isWritable(file)) {
      assertThat(failure).isNull();
    } else {
      assertThat(failure)
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("read-only");
    }
    assertThat(mode(file)).isEqualTo("r--------");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b.db", "what?mode=memory.db", "50%25.db", "#1.db", "größe.db", ":x:"})
  void anyNameOfAFileIsAName(String name) throws IOException {
    Path file = folder.resolve(name);

    try (SqliteSessionStore store = open(file)) {
      store.create(session(ALICE), user("Hello"));
    }

    assertThat(Files.size(file)).isPositive();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder(name, name + ".lock");
    }
    try (SqliteSessionStore store = open(file)) {
      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(ALICE);
    }
  }

  @Test
  void aSecondStoreOnTheFileIsRefusedAndTheFirstKeepsWorking() throws IOException {
    Path file = folder.resolve("sessions.db");
    Path alias = Files.createSymbolicLink(folder.resolve("alias.db"), file);
    try (SqliteSessionStore first = open(file)) {
      for (Path name : new Path[] {file, alias, file}) {
        assertThatThrownBy(() -> open(name))
            .isInstanceOf(SessionStoreException.class)
            .hasMessageContaining(file.toRealPath().toString())
            .hasMessageContaining("another gateway uses it");
      }
      first.create(session(ALICE), user("Hello"));
      assertThat(first.history(ALICE)).hasSize(1);
    }
    open(file).close();
  }

  @Test
  void aFolderInThePlaceOfTheFileIsRefused() {
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("not a regular file");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aFileInThePlaceOfTheFolderIsRefused() throws IOException {
    Path notAFolder = Files.writeString(folder.resolve("file"), "text");

    assertThatThrownBy(() -> open(notAFolder.resolve("sessions.db")))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("cannot be opened or created");
    assertThat(notAFolder).hasContent("text");
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedAndStaysAsItIs() throws IOException {
    byte[] text = "These are notes that somebody wants to keep.\n".repeat(200).getBytes(UTF_8);
    Path file = Files.write(folder.resolve("notes.txt"), text);

    assertThatThrownBy(() -> open(file))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("damaged or not a database");

    assertThat(file).hasBinaryContent(text);
  }

  @Test
  void aDamagedFileIsReportedAsSuch() throws IOException {
    Path file = folder.resolve("sessions.db");
    try (SqliteSessionStore store = open(file)) {
      store.create(session(ALICE), user("Hello".repeat(10_000)));
    }
    byte[] bytes = Files.readAllBytes(file);
    byte[] garbage = new byte[bytes.length - 4096];
    new Random(7).nextBytes(garbage);
    System.arraycopy(garbage, 0, bytes, 4096, garbage.length);
    Files.write(file, bytes);

    assertThatThrownBy(
            () -> {
              try (SqliteSessionStore store = open(file)) {
                store.sessions();
              }
            })
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("damaged or not a database");
    assertThat(file).hasBinaryContent(bytes);
  }

  @Test
  void theDatabaseOfAnotherProgramIsRefusedAndKeepsItsTables() throws Exception {
    Path file = folder.resolve("other.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE customers (name TEXT)");
      statement.execute("INSERT INTO customers VALUES ('somebody')");
    }

    assertThatThrownBy(() -> open(file))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("not one of Hourglass");

    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement();
        var tables = statement.executeQuery("SELECT group_concat(name) FROM sqlite_master")) {
      assertThat(tables.getString(1)).isEqualTo("customers");
    }
  }

  @Test
  void aFileOfALaterVersionIsRefused() {
    Path file = folder.resolve("sessions.db");
    try (SqliteSessionStore store = open(file)) {
      store.exclusively("test", writer -> writer.execute("PRAGMA user_version = 4711"));
    }

    assertThatThrownBy(() -> open(file))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("a later version of Hourglass")
        .hasMessageContaining("schema version: 4711 (expected: <= " + Schema.VERSION + ")");
  }

  private static Map<String, String> modes(Path folder) throws IOException {
    Map<String, String> modes = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        modes.put(file.getFileName().toString(), mode(file));
      }
    }
    return modes;
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
