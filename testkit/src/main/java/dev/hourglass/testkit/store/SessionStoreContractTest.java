package dev.hourglass.testkit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TokenHash;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.core.session.TurnRecord.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of {@link SessionStore}, to be run against every implementation. Each test holds a
 * sentence of the port's documentation.
 */
public abstract class SessionStoreContractTest {
  /** Receipts that {@link #open} must make its store keep. */
  protected static final int RECEIPTS_KEPT = 3;

  private static final Instant BIRTH = Instant.parse("2026-03-01T10:00:00.123456789Z");
  private static final SessionId ALICE = sessionId(1);
  private static final SessionId BOB = sessionId(2);
  private static final RetryKey KEY = new RetryKey("turn-of-alice");

  @SuppressWarnings("NullAway.Init")
  private SessionStore store;

  /** Opens an empty store that keeps {@link #RECEIPTS_KEPT} receipts. */
  protected abstract SessionStore open() throws Exception;

  /** Closes the store and opens one on what it committed. */
  protected abstract SessionStore reopen(SessionStore store) throws Exception;

  @BeforeEach
  final void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  final void closeStore() {
    store.close();
  }

  @Nested
  class Creating {
    @Test
    void keepsEveryFieldOfTheSession() {
      SessionRecord session =
          new SessionRecord(
              ALICE,
              new TenantId("tenant-a"),
              tokenHash(1),
              "smollm2:135m",
              BIRTH,
              Duration.ofSeconds(1799, 1),
              Map.of("note", "für später", "empty", "", "\0", "\uD83D\uDE00"),
              BIRTH.plusNanos(1),
              7,
              true);

      store.create(session, List.of());

      assertThat(store.sessions()).containsExactly(session);
    }

    @Test
    void keepsInitialMessagesAsTurnZeroAndAsTheStartOfTheHistory() {
      List<ChatMessage> initial =
          List.of(
              new ChatMessage(ChatRole.SYSTEM, "Be brief."),
              new ChatMessage(ChatRole.DEVELOPER, "Say no names."),
              new ChatMessage(ChatRole.USER, "Hello"),
              new ChatMessage(ChatRole.ASSISTANT, "Hi"));

      store.create(session(ALICE), initial);

      assertThat(store.history(ALICE)).isEqualTo(initial);
      assertThat(store.turns(ALICE))
          .containsExactly(
              new TurnRecord(
                  ALICE, 0, null, Status.COMPLETED, initial, "", null, 0, 0, 0, BIRTH, BIRTH));
    }

    @Test
    void withoutInitialMessagesThereIsNoTurnZero() {
      store.create(session(ALICE), List.of());

      assertThat(store.turns(ALICE)).isEmpty();
      assertThat(store.history(ALICE)).isEmpty();
    }

    @Test
    void refusesATakenIdAndChangesNothing() {
      store.create(session(ALICE), user("first"));
      SessionRecord sameId = session(ALICE, tokenHash(9));

      assertThatThrownBy(() -> store.create(sameId, user("second")))
          .isInstanceOf(IllegalStateException.class);

      assertThat(store.sessions()).containsExactly(session(ALICE));
      assertThat(store.history(ALICE)).isEqualTo(user("first"));
    }

    @Test
    void refusesATakenTokenAndChangesNothing() {
      store.create(session(ALICE), List.of());
      SessionRecord sameToken = session(BOB, session(ALICE).tokenHash());

      assertThatThrownBy(() -> store.create(sameToken, user("second")))
          .isInstanceOf(IllegalStateException.class);

      assertThat(store.sessions()).containsExactly(session(ALICE));
      assertThat(store.turns(BOB)).isEmpty();
    }

    @Test
    void listsSessionsInTheOrderOfTheirCreation() {
      store.create(session(BOB), List.of());
      store.create(session(ALICE), List.of());

      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(BOB, ALICE);
    }
  }

  @Nested
  class Appending {
    @BeforeEach
    void createAlice() {
      store.create(session(ALICE), List.of(new ChatMessage(ChatRole.SYSTEM, "Be brief.")));
    }

    @Test
    void keepsEveryFieldOfTheTurn() {
      TurnRecord turn =
          new TurnRecord(
              ALICE,
              1,
              KEY,
              Status.COMPLETED,
              List.of(new ChatMessage(ChatRole.USER, "One"), new ChatMessage(ChatRole.USER, "Two")),
              "Three",
              FinishReason.LENGTH,
              11,
              7,
              3,
              BIRTH.plusSeconds(1),
              BIRTH.plusSeconds(2).plusNanos(987_654_321));

      store.append(turn);

      assertThat(store.turns(ALICE)).element(1).isEqualTo(turn);
    }

    @Test
    void theHistoryIsInputAndAnswerOfEachTurnInOrder() {
      store.append(turn(ALICE, 1, Status.COMPLETED));
      store.append(turn(ALICE, 2, Status.COMPLETED));

      assertThat(store.history(ALICE))
          .containsExactly(
              new ChatMessage(ChatRole.SYSTEM, "Be brief."),
              new ChatMessage(ChatRole.USER, question(1)),
              new ChatMessage(ChatRole.ASSISTANT, answer(1)),
              new ChatMessage(ChatRole.USER, question(2)),
              new ChatMessage(ChatRole.ASSISTANT, answer(2)));
    }

    @Test
    void theOrderIsThatOfTheNumbersNotOfTheAppending() {
      for (int number : new int[] {10, 2, 9, 1}) {
        store.append(turn(ALICE, number, Status.COMPLETED));
      }

      assertThat(store.turns(ALICE)).extracting(TurnRecord::number).containsExactly(0, 1, 2, 9, 10);
      assertThat(store.history(ALICE))
          .filteredOn(message -> message.role() == ChatRole.USER)
          .extracting(ChatMessage::content)
          .containsExactly(question(1), question(2), question(9), question(10));
    }

    @Test
    void manyMessagesOfOneTurnKeepTheirOrder() {
      List<ChatMessage> input = new ArrayList<>();
      for (int message = 0; message < 300; message++) {
        input.add(
            new ChatMessage(
                message % 2 == 0 ? ChatRole.USER : ChatRole.ASSISTANT, "message " + message));
      }

      store.append(turn(ALICE, 1, null, Status.COMPLETED, input, "done", BIRTH));

      assertThat(store.turns(ALICE).get(1).input()).isEqualTo(input);
    }

    @Test
    void anEmptyAnswerIsStillAnAnswer() {
      store.append(turn(ALICE, 1, null, Status.COMPLETED, user("Say nothing."), "", BIRTH));

      assertThat(store.history(ALICE)).endsWith(new ChatMessage(ChatRole.ASSISTANT, ""));
    }

    @Test
    void aTurnWithoutInputAddsItsAnswerOnly() {
      store.append(turn(ALICE, 1, null, Status.COMPLETED, List.of(), "Anyway,", BIRTH));

      assertThat(store.history(ALICE))
          .containsExactly(
              new ChatMessage(ChatRole.SYSTEM, "Be brief."),
              new ChatMessage(ChatRole.ASSISTANT, "Anyway,"));
    }

    @ParameterizedTest
    @EnumSource(
        value = Status.class,
        names = {"FAILED", "CANCELLED"})
    void aTurnThatDidNotCompleteIsKeptAndCountedButNotPartOfTheHistory(Status status) {
      TurnRecord failed = turn(ALICE, 1, status);

      store.append(failed);
      store.append(turn(ALICE, 2, Status.COMPLETED));

      assertThat(store.turns(ALICE)).element(1).isEqualTo(failed);
      assertThat(store.history(ALICE))
          .extracting(ChatMessage::content)
          .containsExactly("Be brief.", question(2), answer(2));
      assertThat(onlySession().turns()).isEqualTo(2);
    }

    @Test
    void countsTurnsAndNotesTheLastActivity() {
      store.append(turn(ALICE, 1, Status.COMPLETED));
      store.append(turn(ALICE, 2, Status.COMPLETED));

      assertThat(onlySession().turns()).isEqualTo(2);
      assertThat(onlySession().lastActive()).isEqualTo(endOf(2));
    }

    @Test
    void aFailedTurnIsActivityToo() {
      store.append(turn(ALICE, 1, Status.FAILED));

      assertThat(onlySession().lastActive()).isEqualTo(endOf(1));
    }

    @Test
    void neverTakesTheLastActivityBack() {
      store.touch(ALICE, endOf(5));

      store.append(turn(ALICE, 1, Status.COMPLETED));

      assertThat(onlySession().lastActive()).isEqualTo(endOf(5));
    }

    @Test
    void changesNoOtherSession() {
      store.create(session(BOB), user("mine"));

      store.append(turn(ALICE, 1, Status.COMPLETED));

      assertThat(store.sessions()).contains(session(BOB));
      assertThat(store.history(BOB)).isEqualTo(user("mine"));
    }

    @Test
    void refusesATurnNumberThatIsThereAndChangesNothing() {
      TurnRecord first = turn(ALICE, 1, Status.COMPLETED);
      store.append(first);
      SessionRecord before = onlySession();

      TurnRecord again = turn(ALICE, 1, KEY, Status.COMPLETED, user("other"), "other", endOf(9));

      assertThatThrownBy(() -> store.append(again)).isInstanceOf(IllegalStateException.class);
      assertThat(store.turns(ALICE)).element(1).isEqualTo(first);
      assertThat(store.turns(ALICE)).hasSize(2);
      assertThat(onlySession()).isEqualTo(before);
      assertThat(store.completedTurn(ALICE, KEY)).isEmpty();
    }

    @Test
    void refusesTurnZeroWhetherOrNotTheSessionStartedFromMessages() {
      store.create(session(BOB), List.of());

      assertThatThrownBy(() -> store.append(turn(ALICE, 0, Status.COMPLETED)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> store.append(turn(BOB, 0, Status.COMPLETED)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(store.turns(BOB)).isEmpty();
    }

    @Test
    void refusesAnUnknownSession() {
      assertThatThrownBy(() -> store.append(turn(BOB, 1, Status.COMPLETED)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(store.turns(BOB)).isEmpty();
      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(ALICE);
    }

    @Test
    void refusesATerminatingSession() {
      store.markTerminating(ALICE);

      assertThatThrownBy(() -> store.append(turn(ALICE, 1, Status.COMPLETED)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(store.turns(ALICE)).hasSize(1);
      assertThat(onlySession().turns()).isZero();
    }
  }

  @Nested
  class Retrying {
    @BeforeEach
    void createBoth() {
      store.create(session(ALICE), List.of());
      store.create(session(BOB), List.of());
    }

    @Test
    void findsTheCompletedTurnOfAKey() {
      TurnRecord turn = turn(ALICE, 1, KEY, Status.COMPLETED, user("?"), "!", endOf(1));
      store.append(turn);
      store.append(turn(ALICE, 2, Status.COMPLETED));

      assertThat(store.completedTurn(ALICE, KEY)).contains(turn);
    }

    @Test
    void findsTheLatestOfThem() {
      store.append(turn(ALICE, 1, KEY, Status.COMPLETED, user("?"), "first", endOf(1)));
      TurnRecord latest = turn(ALICE, 2, KEY, Status.COMPLETED, user("?"), "second", endOf(2));
      store.append(latest);

      assertThat(store.completedTurn(ALICE, KEY)).contains(latest);
    }

    @ParameterizedTest
    @EnumSource(
        value = Status.class,
        names = {"FAILED", "CANCELLED"})
    void aTurnThatDidNotCompleteMayBeTriedAgain(Status status) {
      store.append(turn(ALICE, 1, KEY, status, user("?"), "", endOf(1)));
      assertThat(store.completedTurn(ALICE, KEY)).isEmpty();

      TurnRecord again = turn(ALICE, 2, KEY, Status.COMPLETED, user("?"), "!", endOf(2));
      store.append(again);
      store.append(turn(ALICE, 3, KEY, status, user("?"), "", endOf(3)));

      assertThat(store.completedTurn(ALICE, KEY)).contains(again);
    }

    @Test
    void aKeyMeansNothingInAnotherSession() {
      store.append(turn(ALICE, 1, KEY, Status.COMPLETED, user("?"), "!", endOf(1)));

      assertThat(store.completedTurn(BOB, KEY)).isEmpty();
      assertThat(store.completedTurn(sessionId(3), KEY)).isEmpty();
    }

    @Test
    void keysDifferInCaseAndInTrailingSpace() {
      store.append(turn(ALICE, 1, new RetryKey("key"), Status.COMPLETED, user("?"), "!", endOf(1)));

      assertThat(store.completedTurn(ALICE, new RetryKey("KEY"))).isEmpty();
      assertThat(store.completedTurn(ALICE, new RetryKey("key "))).isEmpty();
      assertThat(store.completedTurn(ALICE, new RetryKey("key"))).isPresent();
    }
  }

  @Nested
  class Touching {
    @Test
    void notesALaterUse() {
      store.create(session(ALICE), List.of());

      store.touch(ALICE, BIRTH.plusNanos(1));

      assertThat(onlySession().lastActive()).isEqualTo(BIRTH.plusNanos(1));
    }

    @Test
    void ignoresAnEarlierUse() {
      store.create(session(ALICE), List.of());
      store.touch(ALICE, BIRTH.plusSeconds(60));

      store.touch(ALICE, BIRTH.plusSeconds(59));

      assertThat(onlySession().lastActive()).isEqualTo(BIRTH.plusSeconds(60));
    }

    @Test
    void changesNothingElse() {
      store.create(session(ALICE), user("Hello"));
      store.create(session(BOB), List.of());

      store.touch(ALICE, BIRTH.plusSeconds(60));

      assertThat(store.sessions()).contains(session(BOB));
      assertThat(store.history(ALICE)).isEqualTo(user("Hello"));
    }

    @Test
    void hasNoEffectOnAnUnknownSession() {
      store.touch(ALICE, BIRTH);

      assertThat(store.sessions()).isEmpty();
    }
  }

  @Nested
  class Ending {
    @BeforeEach
    void createBoth() {
      for (SessionId id : List.of(ALICE, BOB)) {
        store.create(session(id), user("Hello"));
        store.append(turn(id, 1, KEY, Status.COMPLETED, user("?"), "!", endOf(1)));
        store.append(turn(id, 2, Status.FAILED));
      }
    }

    @Test
    void aTerminatingSessionIsStillListed() {
      store.markTerminating(ALICE);
      store.markTerminating(ALICE);

      assertThat(store.sessions())
          .filteredOn(SessionRecord::terminating)
          .extracting(SessionRecord::id)
          .containsExactly(ALICE);
      assertThat(store.history(ALICE)).hasSize(3);
    }

    @Test
    void markingAnUnknownSessionHasNoEffect() {
      store.markTerminating(sessionId(3));

      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(ALICE, BOB);
    }

    @Test
    void anErasedTranscriptIsGoneWithItsRetryKeys() {
      store.eraseTranscript(ALICE);
      store.eraseTranscript(ALICE);

      assertThat(store.history(ALICE)).isEmpty();
      assertThat(store.turns(ALICE)).isEmpty();
      assertThat(store.completedTurn(ALICE, KEY)).isEmpty();
      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(ALICE, BOB);
    }

    @Test
    void erasingTouchesNoOtherSession() {
      List<TurnRecord> ofBob = store.turns(BOB);

      store.eraseTranscript(ALICE);
      store.eraseTranscript(sessionId(3));

      assertThat(store.turns(BOB)).isEqualTo(ofBob);
    }

    @Test
    void aDeregisteredSessionIsForgottenAndItsTranscriptToo() {
      store.deregister(ALICE);
      store.deregister(ALICE);

      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(BOB);
      assertThat(store.turns(ALICE)).isEmpty();
      assertThat(store.history(ALICE)).isEmpty();
      assertThat(store.completedTurn(ALICE, KEY)).isEmpty();
      assertThat(store.turns(BOB)).hasSize(3);
    }

    @Test
    void nothingBringsADeregisteredSessionBack() {
      store.deregister(ALICE);

      store.touch(ALICE, endOf(9));
      store.markTerminating(ALICE);
      store.eraseTranscript(ALICE);

      assertThatThrownBy(() -> store.append(turn(ALICE, 3, Status.COMPLETED)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(BOB);
    }

    @Test
    void theReceiptOutlivesTheSession() {
      store.saveReceipt(receipt(ALICE, DestructionReason.CLOSED));

      store.deregister(ALICE);

      assertThat(store.receipt(ALICE)).contains(receipt(ALICE, DestructionReason.CLOSED));
    }
  }

  @Nested
  class Receipts {
    @Test
    void keepsEveryFieldOfTheReceipt() {
      DestructionReceipt receipt =
          new DestructionReceipt(
              ALICE,
              new TenantId("tenant-a"),
              DestructionReason.EXPIRED,
              BIRTH,
              List.of(
                  new StageResult(Stage.MARK, Outcome.APPLIED, Duration.ZERO),
                  new StageResult(Stage.KV, Outcome.UNSUPPORTED, Duration.ofNanos(1)),
                  new StageResult(Stage.KV, Outcome.FAILED, Duration.ofHours(1)),
                  new StageResult(Stage.COMPUTE, Outcome.APPLIED, Duration.ofMillis(3))),
              new Residue.Counted(42));

      store.saveReceipt(receipt);

      assertThat(store.receipt(ALICE)).contains(receipt);
    }

    @ParameterizedTest
    @EnumSource(DestructionReason.class)
    void keepsEveryReasonAndAnUnknownResidue(DestructionReason reason) {
      DestructionReceipt receipt =
          new DestructionReceipt(
              ALICE, TenantId.DEFAULT, reason, BIRTH, List.of(), new Residue.Unknown());

      store.saveReceipt(receipt);

      assertThat(store.receipt(ALICE)).contains(receipt);
    }

    @Test
    void thereIsNoneBeforeOneIsSaved() {
      store.create(session(ALICE), List.of());

      assertThat(store.receipt(ALICE)).isEmpty();
    }

    @Test
    void replacesTheReceiptOfTheSameSession() {
      store.saveReceipt(receipt(ALICE, DestructionReason.ORPHAN));

      store.saveReceipt(receipt(ALICE, DestructionReason.CLOSED));

      assertThat(store.receipt(ALICE)).contains(receipt(ALICE, DestructionReason.CLOSED));
    }

    @Test
    void theOldestGoBeyondTheBound() {
      for (int number = 1; number <= RECEIPTS_KEPT + 2; number++) {
        store.saveReceipt(receipt(sessionId(number), DestructionReason.CLOSED));
      }

      assertThat(store.receipt(sessionId(1))).isEmpty();
      assertThat(store.receipt(sessionId(2))).isEmpty();
      for (int number = 3; number <= RECEIPTS_KEPT + 2; number++) {
        assertThat(store.receipt(sessionId(number))).isPresent();
      }
    }

    @Test
    void aConcludedSessionIsGoneAndItsReceiptIsThere() {
      store.create(session(ALICE), user("Hello"));
      store.create(session(BOB), user("Hello"));

      store.conclude(receipt(ALICE, DestructionReason.CLOSED));
      store.conclude(receipt(ALICE, DestructionReason.EXPIRED));

      assertThat(store.sessions()).extracting(SessionRecord::id).containsExactly(BOB);
      assertThat(store.turns(ALICE)).isEmpty();
      assertThat(store.receipt(ALICE)).contains(receipt(ALICE, DestructionReason.EXPIRED));
    }

    @Test
    void theBoundHoldsForConcludedSessionsToo() {
      for (int number = 1; number <= RECEIPTS_KEPT + 2; number++) {
        store.conclude(receipt(sessionId(number), DestructionReason.CLOSED));
      }

      assertThat(store.receipt(sessionId(2))).isEmpty();
      for (int number = 3; number <= RECEIPTS_KEPT + 2; number++) {
        assertThat(store.receipt(sessionId(number))).isPresent();
      }
    }

    @Test
    void aReplacedReceiptCountsOnceAndAsTheNewest() {
      for (int number = 1; number <= RECEIPTS_KEPT; number++) {
        store.saveReceipt(receipt(sessionId(number), DestructionReason.CLOSED));
      }
      store.saveReceipt(receipt(sessionId(1), DestructionReason.SHUTDOWN));
      assertThat(store.receipt(sessionId(2))).isPresent();

      store.saveReceipt(receipt(sessionId(RECEIPTS_KEPT + 1), DestructionReason.CLOSED));

      assertThat(store.receipt(sessionId(1))).isPresent();
      assertThat(store.receipt(sessionId(2))).isEmpty();
    }
  }

  @Nested
  class Text {
    @ParameterizedTest
    @DisplayName("any text comes back as it was")
    @ValueSource(
        strings = {
          "",
          " ",
          "\0",
          "before\0after",
          "\0\0\0",
          "line\r\nline\u2028line\t",
          "\uD83D\uDE00 \uD834\uDD1E \uDBFF\uDFFF",
          "e\u0301 is not \u00E9",
          "\u202Eright to left\u202C",
          "\uFEFFbyte order mark, \uFFFD, \uFFFF",
          "'; DROP TABLE messages; -- \" ` \\ ? :name @name $1 %s",
          "123",
          "1e999",
          "NULL"
        })
    void anyTextComesBackAsItWas(String text) {
      store.create(session(ALICE), user(text));
      TurnRecord turn = turn(ALICE, 1, null, Status.COMPLETED, user(text), text, endOf(1));
      store.append(turn);

      assertThat(store.turns(ALICE)).element(1).isEqualTo(turn);
      assertThat(store.history(ALICE))
          .extracting(ChatMessage::content)
          .containsExactly(text, text, text);
    }

    @Test
    void aMillionCharactersComeBackAsTheyWere() {
      String large = "0123456789abcde\u00FF".repeat(1 << 16);
      TurnRecord turn = turn(ALICE, 1, null, Status.COMPLETED, user(large), large, endOf(1));
      store.create(session(ALICE), user(large));

      store.append(turn);

      assertThat(store.turns(ALICE).get(1).equals(turn)).isTrue();
      assertThat(store.history(ALICE)).allMatch(message -> message.content().equals(large));
    }
  }

  @Nested
  class Reopening {
    @Test
    void everythingCommittedIsThere() throws Exception {
      store.create(session(ALICE), user("Hello"));
      store.create(session(BOB), List.of());
      store.append(turn(ALICE, 1, KEY, Status.COMPLETED, user("?"), "!", endOf(1)));
      store.append(turn(ALICE, 2, Status.FAILED));
      store.touch(ALICE, endOf(7));
      store.markTerminating(BOB);
      store.saveReceipt(receipt(sessionId(3), DestructionReason.CLOSED));
      List<SessionRecord> sessions = store.sessions();
      List<TurnRecord> turns = store.turns(ALICE);
      List<ChatMessage> history = store.history(ALICE);

      store = reopen(store);

      assertThat(store.sessions()).isEqualTo(sessions);
      assertThat(store.turns(ALICE)).isEqualTo(turns);
      assertThat(store.history(ALICE)).isEqualTo(history);
      assertThat(store.completedTurn(ALICE, KEY)).contains(turns.get(1));
      assertThat(store.receipt(sessionId(3)))
          .contains(receipt(sessionId(3), DestructionReason.CLOSED));
    }

    @Test
    void erasedTextLeavesItsFilesInTheEnd() {
      store.create(session(ALICE), user("Hello"));
      store.append(turn(ALICE, 1, Status.COMPLETED));
      assertThat(store.textLeft(ALICE)).as("nothing was erased").isFalse();

      store.eraseTranscript(ALICE);

      await().until(() -> !store.textLeft(ALICE));
      assertThat(store.textLeft(BOB)).isFalse();
    }

    @Test
    void whatWasErasedStaysErased() throws Exception {
      store.create(session(ALICE), user("Hello"));
      store.create(session(BOB), user("Hello"));
      store.eraseTranscript(ALICE);
      store.deregister(BOB);

      store = reopen(store);

      assertThat(store.turns(ALICE)).isEmpty();
      assertThat(store.sessions())
          .singleElement()
          .satisfies(left -> {
            assertThat(left.id()).isEqualTo(ALICE);
            assertThat(left.metadata()).as("text of its client").isEmpty();
          });
    }

    @Test
    void theBoundOfReceiptsHoldsAcrossIt() throws Exception {
      for (int number = 1; number <= RECEIPTS_KEPT; number++) {
        store.saveReceipt(receipt(sessionId(number), DestructionReason.CLOSED));
      }

      store = reopen(store);
      store.saveReceipt(receipt(sessionId(9), DestructionReason.CLOSED));

      assertThat(store.receipt(sessionId(1))).isEmpty();
      assertThat(store.receipt(sessionId(2))).isPresent();
      assertThat(store.receipt(sessionId(9))).isPresent();
    }

    @Test
    void aClosedStoreRefusesEveryCall() {
      store.close();
      store.close();

      assertThatThrownBy(store::sessions).isInstanceOf(SessionStoreException.class);
      assertThatThrownBy(() -> store.history(ALICE)).isInstanceOf(SessionStoreException.class);
      assertThatThrownBy(() -> store.create(session(ALICE), List.of()))
          .isInstanceOf(SessionStoreException.class);
      assertThatThrownBy(() -> store.append(turn(ALICE, 1, Status.COMPLETED)))
          .isInstanceOf(SessionStoreException.class);
      assertThatThrownBy(() -> store.touch(ALICE, BIRTH)).isInstanceOf(SessionStoreException.class);
      assertThatThrownBy(() -> store.eraseTranscript(ALICE))
          .isInstanceOf(SessionStoreException.class);
      assertThatThrownBy(() -> store.receipt(ALICE)).isInstanceOf(SessionStoreException.class);
    }
  }

  @Nested
  class AtOnce {
    private static final int THREADS = 8;

    @Test
    void sessionsGrowSideBySide() throws Exception {
      int turnsEach = 25;
      for (int number = 1; number <= THREADS; number++) {
        store.create(session(sessionId(number)), List.of());
      }

      together(thread -> {
        SessionId mine = sessionId(thread + 1);
        for (int number = 1; number <= turnsEach; number++) {
          store.append(turn(mine, number, Status.COMPLETED));
          assertThat(store.history(mine)).hasSize(2 * number);
        }
        return true;
      });

      assertThat(store.sessions()).hasSize(THREADS).allMatch(each -> each.turns() == turnsEach);
    }

    @Test
    void oneTurnNumberIsTakenOnce() throws Exception {
      store.create(session(ALICE), List.of());

      List<Boolean> won = together(thread -> appends(turn(ALICE, 1, Status.COMPLETED)));

      assertThat(won).containsOnlyOnce(true);
      assertThat(store.turns(ALICE)).hasSize(1);
      assertThat(onlySession().turns()).isEqualTo(1);
    }

    @Test
    void oneTokenOpensOneSession() throws Exception {
      List<Boolean> won =
          together(thread -> {
            try {
              store.create(session(sessionId(thread + 1), tokenHash(1)), List.of());
              return true;
            } catch (IllegalStateException taken) {
              return false;
            }
          });

      assertThat(won).containsOnlyOnce(true);
      assertThat(store.sessions()).hasSize(1);
    }

    @Test
    void theLatestUseWins() throws Exception {
      store.create(session(ALICE), List.of());

      together(thread -> {
        for (int second = 0; second < 20; second++) {
          store.touch(ALICE, BIRTH.plusSeconds(second * (long) THREADS + thread));
        }
        return true;
      });

      assertThat(onlySession().lastActive()).isEqualTo(BIRTH.plusSeconds(20L * THREADS - 1));
    }

    @Test
    void anAppendEitherWonAgainstTheTerminationOrChangedNothing() throws Exception {
      store.create(session(ALICE), List.of());
      AtomicInteger appended = new AtomicInteger();

      together(thread -> {
        if (thread == 0) {
          store.markTerminating(ALICE);
        } else if (appends(turn(ALICE, thread, Status.COMPLETED))) {
          appended.incrementAndGet();
        }
        return true;
      });

      assertThat(store.turns(ALICE)).hasSize(appended.get());
      assertThat(onlySession().turns()).isEqualTo(appended.get());
      assertThat(appends(turn(ALICE, THREADS, Status.COMPLETED))).isFalse();
    }

    @Test
    void aReaderSeesWholeTurnsOnly() throws Exception {
      store.create(session(ALICE), List.of());
      List<ChatMessage> input = List.copyOf(List.of(user("a").getFirst(), user("b").getFirst()));

      together(thread -> {
        for (int number = 1; number <= 25; number++) {
          if (thread == 0) {
            store.append(turn(ALICE, number, null, Status.COMPLETED, input, "c", BIRTH));
          } else {
            assertThat(store.history(ALICE).size() % 3).isZero();
            assertThat(store.turns(ALICE)).allMatch(turn -> turn.input().equals(input));
          }
        }
        return true;
      });
    }

    private boolean appends(TurnRecord turn) {
      try {
        store.append(turn);
        return true;
      } catch (IllegalStateException refused) {
        return false;
      }
    }

    private <T> List<T> together(Part<T> part) throws Exception {
      CyclicBarrier start = new CyclicBarrier(THREADS);
      Collection<Callable<T>> parts = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        parts.add(() -> {
          start.await();
          return part.run(number);
        });
      }
      try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
        List<T> results = new ArrayList<>();
        for (Future<T> result : threads.invokeAll(parts)) {
          results.add(result.get());
        }
        return results;
      }
    }
  }

  /** What one of several threads does. */
  @FunctionalInterface
  private interface Part<T> {
    T run(int thread) throws Exception;
  }

  private SessionRecord onlySession() {
    List<SessionRecord> sessions = store.sessions();
    assertThat(sessions).hasSize(1);
    return sessions.getFirst();
  }

  /** A session id of a number. */
  protected static SessionId sessionId(int number) {
    return new SessionId("sess_%024d".formatted(number));
  }

  /** A new session, born at a fixed instant. */
  protected static SessionRecord session(SessionId id) {
    return session(id, TokenHash.ofSecret(id.value()));
  }

  private static SessionRecord session(SessionId id, TokenHash tokenHash) {
    return new SessionRecord(
        id,
        TenantId.DEFAULT,
        tokenHash,
        "tiny",
        BIRTH,
        Duration.ofMinutes(30),
        Map.of("number", id.value()),
        BIRTH,
        0,
        false);
  }

  private static TokenHash tokenHash(int number) {
    return TokenHash.ofHex("%064x".formatted(number));
  }

  /** A turn of one question and one answer. */
  protected static TurnRecord turn(SessionId session, int number, Status status) {
    return turn(
        session, number, null, status, user(question(number)), answer(number), endOf(number));
  }

  private static TurnRecord turn(
      SessionId session,
      int number,
      @Nullable RetryKey retryKey,
      Status status,
      List<ChatMessage> input,
      String answer,
      Instant endedAt) {
    Optional<FinishReason> finish =
        status == Status.COMPLETED ? Optional.of(FinishReason.STOP) : Optional.empty();
    return new TurnRecord(
        session,
        number,
        retryKey,
        status,
        input,
        answer,
        finish.orElse(null),
        10,
        4,
        3,
        endedAt.minusMillis(500),
        endedAt);
  }

  private static DestructionReceipt receipt(SessionId session, DestructionReason reason) {
    return new DestructionReceipt(
        session,
        TenantId.DEFAULT,
        reason,
        BIRTH,
        List.of(new StageResult(Stage.MARK, Outcome.APPLIED, Duration.ofMillis(2))),
        new Residue.Counted(0));
  }

  private static List<ChatMessage> user(String content) {
    return List.of(new ChatMessage(ChatRole.USER, content));
  }

  private static String question(int number) {
    return "question " + number;
  }

  private static String answer(int number) {
    return "answer " + number;
  }

  private static Instant endOf(int turn) {
    return BIRTH.plusSeconds(10L * turn);
  }
}
