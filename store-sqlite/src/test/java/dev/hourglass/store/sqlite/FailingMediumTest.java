package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.Samples.ALICE;
import static dev.hourglass.store.sqlite.Samples.BIRTH;
import static dev.hourglass.store.sqlite.Samples.BOB;
import static dev.hourglass.store.sqlite.Samples.open;
import static dev.hourglass.store.sqlite.Samples.session;
import static dev.hourglass.store.sqlite.Samples.turn;
import static dev.hourglass.store.sqlite.Samples.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.store.sqlite.SqliteSettings.Synchronous;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A medium that fails is a clear error, changes nothing, and tells nobody what people wrote. */
class FailingMediumTest {
  private static final String SECRET = "what-alice-wrote";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @SuppressWarnings("NullAway.Init")
  private SqliteSessionStore store;

  @BeforeEach
  void openStore() {
    store = open(folder.resolve("sessions.db"));
    store.create(session(ALICE), user("Hello"));
    store.append(turn(ALICE, 1, "?", "!"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aFullDiskIsAnErrorThatChangesNothingAndPasses() {
    List<ChatMessage> history = store.history(ALICE);
    List<SessionRecord> sessions = store.sessions();
    fillDisk();

    assertThatThrownBy(() -> store.append(turn(ALICE, 2, SECRET, SECRET.repeat(10_000))))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("cannot append a turn: the disk is full");
    assertThatThrownBy(() -> store.create(session(BOB), user(SECRET.repeat(10_000))))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("the disk is full");

    assertThat(store.history(ALICE)).isEqualTo(history);
    assertThat(store.sessions()).isEqualTo(sessions);

    store.exclusively("test", writer -> writer.execute("PRAGMA max_page_count = 100000"));
    store.append(turn(ALICE, 2, SECRET, SECRET.repeat(10_000)));
    assertThat(store.turns(ALICE)).hasSize(3);
  }

  @Test
  void aFullDiskDoesNotStopAnErasure() {
    fillDisk();

    store.eraseTranscript(ALICE);
    store.deregister(ALICE);

    assertThat(store.sessions()).isEmpty();
  }

  @Test
  void theErrorShowsNothingOfTheMessages() {
    fillDisk();

    Throwable failure =
        catchThrowable(() -> store.append(turn(ALICE, 2, SECRET, SECRET.repeat(10_000))));

    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString()).contains("SQLITE_FULL").doesNotContain(SECRET);
  }

  private void fillDisk() {
    store.exclusively(
        "test",
        writer -> {
          int pages = writer.createQuery("PRAGMA page_count").mapTo(int.class).one();
          writer.execute("PRAGMA max_page_count = " + pages);
        });
  }

  @Test
  void aReadOnlyMediumIsAnErrorThatChangesNothing() {
    store.exclusively("test", writer -> writer.execute("PRAGMA query_only = ON"));

    assertThatThrownBy(() -> store.append(turn(ALICE, 2, "?", "!")))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("cannot be written by this user");
    assertThatThrownBy(() -> store.touch(ALICE, BIRTH.plusSeconds(60)))
        .isInstanceOf(SessionStoreException.class);
    assertThatThrownBy(() -> store.deregister(ALICE)).isInstanceOf(SessionStoreException.class);

    assertThat(store.turns(ALICE)).hasSize(2);
    store.exclusively("test", writer -> writer.execute("PRAGMA query_only = OFF"));
    store.append(turn(ALICE, 2, "?", "!"));
    assertThat(store.turns(ALICE)).hasSize(3);
  }

  @Test
  void aValueThatNoVersionWroteIsAnError() {
    store.exclusively("test", writer -> writer.execute("UPDATE messages SET role = 'oracle'"));

    assertThatThrownBy(() -> store.history(ALICE))
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("cannot read a history: it holds what this version cannot read");
  }

  @Test
  void aWriterThatWaitsTooLongIsToldSo() throws Exception {
    try (SqliteSessionStore impatient =
        SqliteSessionStore.open(
            new SqliteSettings(
                folder.resolve("impatient.db"),
                Synchronous.FULL,
                1,
                Duration.ZERO,
                Duration.ofMillis(1)))) {
      CountDownLatch writing = new CountDownLatch(1);
      CountDownLatch enough = new CountDownLatch(1);
      CompletableFuture<Void> slow =
          CompletableFuture.runAsync(() ->
              impatient.exclusively(
                  "test",
                  writer -> {
                    writing.countDown();
                    awaitUninterruptibly(enough);
                  }));
      writing.await();

      assertThatThrownBy(() -> impatient.create(session(BOB), List.of()))
          .isInstanceOf(SessionStoreException.class)
          .hasMessageContaining("others have been writing for PT0.001S");
      assertThat(impatient.sessions()).isEmpty();

      enough.countDown();
      slow.join();
      impatient.create(session(BOB), List.of());
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Test
  void anInterruptedCallerIsToldSoAndNothingChanges() {
    Thread.currentThread().interrupt();
    Throwable failure = catchThrowable(() -> store.append(turn(ALICE, 2, "?", "!")));
    boolean stillInterrupted = Thread.interrupted();

    assertThat(failure)
        .isInstanceOf(SessionStoreException.class)
        .hasMessageContaining("interrupted");
    assertThat(stillInterrupted).isTrue();
    assertThat(store.turns(ALICE)).hasSize(2);
  }
}
