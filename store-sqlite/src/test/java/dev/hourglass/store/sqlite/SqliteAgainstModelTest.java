package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.Samples.BIRTH;
import static dev.hourglass.store.sqlite.Samples.session;
import static dev.hourglass.store.sqlite.Samples.sessionId;
import static dev.hourglass.store.sqlite.Samples.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.core.session.TurnRecord.Status;
import dev.hourglass.store.sqlite.SqliteSettings.Synchronous;
import dev.hourglass.testkit.store.InMemorySessionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/** Whatever happens to a store, in whatever order, it tells the same as the store in memory. */
class SqliteAgainstModelTest {
  private static final int SESSIONS = 3;
  private static final int RECEIPTS_KEPT = 2;

  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private int databases;

  @BeforeProperty
  void createFolder() throws IOException {
    folder = Files.createTempDirectory("hourglass-model");
  }

  @AfterProperty
  void deleteFolder() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  @Property(tries = 40)
  void tellsTheSameAsTheStoreInMemory(@ForAll("steps") List<Step> steps) {
    SqliteSettings settings =
        new SqliteSettings(
            folder.resolve("model-" + databases++ + ".db"),
            Synchronous.NORMAL,
            RECEIPTS_KEPT,
            Duration.ofMillis(1),
            Duration.ofSeconds(10));
    SessionStore sqlite = SqliteSessionStore.open(settings);
    try {
      InMemorySessionStore model = new InMemorySessionStore(RECEIPTS_KEPT);
      for (Step step : steps) {
        if (step instanceof Step.Reopen) {
          sqlite.close();
          sqlite = SqliteSessionStore.open(settings);
          model = model.reopened();
        } else {
          assertThat(accepts(sqlite, step)).as("%s", step).isEqualTo(accepts(model, step));
        }
        assertSame(sqlite, model);
      }
    } finally {
      sqlite.close();
    }
  }

  private static boolean accepts(SessionStore store, Step step) {
    try {
      take(store, step);
      return true;
    } catch (IllegalStateException refused) {
      return false;
    }
  }

  private static void take(SessionStore store, Step step) {
    switch (step) {
      case Step.Create(int session, String text) ->
          store.create(session(sessionId(session)), text.isEmpty() ? List.of() : user(text));
      case Step.Append append -> store.append(turn(append));
      case Step.Touch(int session, int second) ->
          store.touch(sessionId(session), BIRTH.plusSeconds(second));
      case Step.MarkTerminating(int session) -> store.markTerminating(sessionId(session));
      case Step.EraseTranscript(int session) -> store.eraseTranscript(sessionId(session));
      case Step.Deregister(int session) -> store.deregister(sessionId(session));
      case Step.SaveReceipt(int session, DestructionReason reason) ->
          store.saveReceipt(receipt(sessionId(session), reason));
      case Step.Reopen _ -> throw new IllegalArgumentException("reopening replaces the store");
    }
  }

  private static TurnRecord turn(Step.Append append) {
    return new TurnRecord(
        sessionId(append.session),
        append.number,
        retryKey(append.number),
        append.status,
        user(append.text),
        append.text,
        append.status == Status.COMPLETED ? FinishReason.STOP : null,
        1,
        2,
        3,
        BIRTH,
        BIRTH.plusSeconds(append.number));
  }

  /** Odd and even numbers share a key each. */
  private static RetryKey retryKey(int number) {
    return new RetryKey("key-" + number % 2);
  }

  private static DestructionReceipt receipt(SessionId session, DestructionReason reason) {
    return new DestructionReceipt(
        session, TenantId.DEFAULT, reason, BIRTH, List.of(), new Residue.Unknown());
  }

  private static void assertSame(SessionStore store, SessionStore model) {
    assertThat(store.sessions()).isEqualTo(model.sessions());
    IntStream.rangeClosed(1, SESSIONS)
        .mapToObj(Samples::sessionId)
        .forEach(session -> {
          assertThat(store.history(session)).isEqualTo(model.history(session));
          assertThat(store.turns(session)).isEqualTo(model.turns(session));
          assertThat(store.receipt(session)).isEqualTo(model.receipt(session));
          for (int number = 0; number < 2; number++) {
            assertThat(store.completedTurn(session, retryKey(number)))
                .isEqualTo(model.completedTurn(session, retryKey(number)));
          }
        });
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> session = Arbitraries.integers().between(1, SESSIONS);
    Arbitrary<Integer> small = Arbitraries.integers().between(0, 5);
    Arbitrary<String> text = wellFormedText();
    Arbitrary<Step> create = Combinators.combine(session, text).as(Step.Create::new);
    Arbitrary<Step> append =
        Combinators.combine(session, small, Arbitraries.of(Status.class), text)
            .as(Step.Append::new);
    Arbitrary<Step> touch = Combinators.combine(session, small).as(Step.Touch::new);
    Arbitrary<Step> saveReceipt =
        Combinators.combine(session, Arbitraries.of(DestructionReason.class))
            .as(Step.SaveReceipt::new);
    return Arbitraries.frequencyOf(
            Tuple.of(3, create),
            Tuple.of(8, append),
            Tuple.of(2, touch),
            Tuple.of(1, session.map(Step.MarkTerminating::new)),
            Tuple.of(1, session.map(Step.EraseTranscript::new)),
            Tuple.of(1, session.map(Step.Deregister::new)),
            Tuple.of(2, saveReceipt),
            Tuple.of(1, Arbitraries.just((Step) new Step.Reopen())))
        .list()
        .ofMaxSize(30);
  }

  /** Any code points but lone surrogates, which are no text. */
  private static Arbitrary<String> wellFormedText() {
    return Arbitraries.integers()
        .between(0, Character.MAX_CODE_POINT)
        .filter(point -> point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE)
        .array(int[].class)
        .ofMaxSize(20)
        .map(points -> new String(points, 0, points.length));
  }

  /** Something that happens to a store. */
  sealed interface Step {
    record Create(int session, String text) implements Step {}

    record Append(int session, int number, Status status, String text) implements Step {}

    record Touch(int session, int second) implements Step {}

    record MarkTerminating(int session) implements Step {}

    record EraseTranscript(int session) implements Step {}

    record Deregister(int session) implements Step {}

    record SaveReceipt(int session, DestructionReason reason) implements Step {}

    record Reopen() implements Step {}
  }
}
