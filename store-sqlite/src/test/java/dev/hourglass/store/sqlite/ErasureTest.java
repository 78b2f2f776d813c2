package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.Samples.ALICE;
import static dev.hourglass.store.sqlite.Samples.BOB;
import static dev.hourglass.store.sqlite.Samples.open;
import static dev.hourglass.store.sqlite.Samples.session;
import static dev.hourglass.store.sqlite.Samples.sessionId;
import static dev.hourglass.store.sqlite.Samples.turn;
import static dev.hourglass.store.sqlite.Samples.user;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.store.sqlite.SqliteSettings.Synchronous;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was erased is in none of the files any more: looked for byte by byte. */
class ErasureTest {
  private static final String SECRET = "the-secret-of-alice";
  private static final String KEPT = "the-story-of-bob";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @SuppressWarnings("NullAway.Init")
  private SqliteSessionStore store;

  @BeforeEach
  void tellSecrets() throws IOException {
    tellSecrets(Duration.ZERO);
  }

  private void tellSecrets(Duration erasureDelay) throws IOException {
    store =
        SqliteSessionStore.open(
            new SqliteSettings(
                folder.resolve("sessions.db"),
                Synchronous.NORMAL,
                10,
                erasureDelay,
                Duration.ofSeconds(10)));
    store.create(session(ALICE, Map.of("note", SECRET)), user(SECRET));
    store.create(session(BOB), user(KEPT));
    for (int number = 1; number <= 30; number++) {
      store.append(turn(ALICE, number, SECRET + number, (SECRET + number + " ").repeat(700)));
      store.append(turn(BOB, number, KEPT + number, KEPT));
    }
    assertThat(filesWith(SECRET)).isNotEmpty();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void anErasedAndForgottenSessionLeavesNoByte() throws IOException {
    store.eraseTranscript(ALICE);
    store.deregister(ALICE);

    assertThat(filesWith(SECRET)).isEmpty();
    assertThat(filesWith(ALICE.value())).isEmpty();
    assertThat(filesWith(KEPT)).isNotEmpty();
    assertThat(store.history(BOB)).hasSize(61);
  }

  @Test
  void erasingTheTranscriptAloneLeavesNoMessage() throws IOException {
    store.eraseTranscript(ALICE);

    assertThat(filesWith(SECRET + "1")).isEmpty();
  }

  @Test
  void forgettingAloneTakesTheTranscriptToo() throws IOException {
    store.deregister(ALICE);

    assertThat(filesWith(SECRET)).isEmpty();
  }

  @Test
  void manyErasuresAtOnceLeaveNoByteWhenTheLastIsDone() throws Exception {
    List<SessionId> sessions = new ArrayList<>();
    for (int number = 10; number < 90; number++) {
      SessionId id = sessionId(number);
      sessions.add(id);
      store.create(session(id), user(SECRET));
    }
    sessions.add(ALICE);

    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> erasures = new ArrayList<>();
      for (SessionId session : sessions) {
        erasures.add(threads.submit(() -> store.deregister(session)));
      }
      for (Future<?> erasure : erasures) {
        erasure.get();
      }
    }

    assertThat(filesWith(SECRET)).isEmpty();
  }

  @Test
  void whereAReaderWasInTheWayTheNextWriteEmptiesTheLog() throws Exception {
    Path file = folder.resolve("sessions.db");
    store.exclusively("test", writer -> writer.execute("PRAGMA busy_timeout = 1"));
    try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = reader.createStatement()) {
      statement.execute("BEGIN");
      try (ResultSet any = statement.executeQuery("SELECT count(*) FROM messages")) {
        assertThat(any.next()).isTrue();
      }
      store.deregister(ALICE);
      assertThat(filesWith(SECRET)).isNotEmpty();
      statement.execute("COMMIT");
    }

    store.touch(BOB, Samples.BIRTH.plusSeconds(1));

    assertThat(filesWith(SECRET)).isEmpty();
  }

  @Test
  void aLogLeftByAKilledProcessIsEmptiedWhenTheStoreOpens() throws Exception {
    Path file = folder.resolve("sessions.db");
    store.exclusively(
        "test", writer -> writer.execute("DELETE FROM sessions WHERE id = ?", ALICE.value()));
    assertThat(filesWith(SECRET)).isNotEmpty();
    Path left = Files.createDirectory(folder.resolve("left"));
    for (String suffix : List.of("", "-wal")) {
      Files.copy(file.resolveSibling("sessions.db" + suffix), left.resolve("sessions.db" + suffix));
    }
    store.close();

    try (SqliteSessionStore reopened = open(left.resolve("sessions.db"))) {
      assertThat(filesWith(left, SECRET)).isEmpty();
      assertThat(reopened.history(BOB)).hasSize(61);
    }
  }

  @Test
  void withADelayNothingIsReadAtOnceAndNoByteIsLeftAfterIt() throws IOException {
    reopen(Duration.ofMillis(20));

    store.eraseTranscript(ALICE);

    assertThat(store.history(ALICE)).isEmpty();
    await().until(() -> !store.textLeft(ALICE));
    assertThat(filesWith(SECRET)).isEmpty();
    assertThat(store.textsLeft()).isZero();
  }

  @Test
  void asLongAsTextIsLeftTheStoreSaysSo() throws IOException {
    reopen(Duration.ofMinutes(1));

    store.eraseTranscript(ALICE);
    store.deregister(ALICE);

    assertThat(filesWith(SECRET)).isNotEmpty();
    assertThat(store.textLeft(ALICE)).isTrue();
    assertThat(store.textLeft(BOB)).isFalse();
    assertThat(store.textsLeft()).isOne();
  }

  @Test
  void closingLeavesNoByteHoweverLongTheDelay() throws IOException {
    reopen(Duration.ofMinutes(1));
    store.eraseTranscript(ALICE);

    store.close();

    assertThat(filesWith(SECRET)).isEmpty();
  }

  @Test
  void whereAReaderWasInTheWayTheLogIsTriedAgainWithoutAnotherWrite() throws Exception {
    reopen(Duration.ofMillis(1));
    store.exclusively("test", writer -> writer.execute("PRAGMA busy_timeout = 1"));
    try (Connection reader =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("sessions.db"));
        Statement statement = reader.createStatement()) {
      statement.execute("BEGIN");
      try (ResultSet any = statement.executeQuery("SELECT count(*) FROM messages")) {
        assertThat(any.next()).isTrue();
      }
      store.deregister(ALICE);
      assertThat(store.textLeft(ALICE)).isTrue();
      statement.execute("COMMIT");
    }

    await().until(() -> !store.textLeft(ALICE));
    assertThat(filesWith(SECRET)).isEmpty();
  }

  private void reopen(Duration erasureDelay) throws IOException {
    store.close();
    for (Path file : files(folder)) {
      Files.delete(file);
    }
    tellSecrets(erasureDelay);
  }

  private List<String> filesWith(String text) throws IOException {
    return filesWith(folder, text);
  }

  private static List<String> filesWith(Path folder, String text) throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : files(folder)) {
      if (new String(Files.readAllBytes(file), ISO_8859_1).contains(text)) {
        found.add(file.getFileName().toString());
      }
    }
    return found;
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
