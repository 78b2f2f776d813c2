package dev.hourglass.verify.destruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.engine.ScriptedEngine.ReleaseFault;
import dev.hourglass.testkit.store.InMemorySessionStore;
import dev.hourglass.verify.destruction.DestructionHouse.Running;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way of a destruction, with an engine, a store and threads that fail on command. */
class DestructionTest {
  private DestructionHouse house = new DestructionHouse();

  @AfterEach
  void close() {
    house.close();
  }

  // --- stages ----------------------------------------------------------------------------------

  @Test
  void everyStageSucceedsAndTheReceiptProvesIt() throws Exception {
    Session session = house.explicit(40);

    DestructionReceipt receipt = receipt(destroy(session));

    assertThat(receipt.stages()).extracting(StageResult::stage).containsExactly(Stage.values());
    assertThat(receipt.stages()).extracting(StageResult::outcome).containsOnly(Outcome.APPLIED);
    assertThat(receipt.residue()).isEqualTo(new Residue.Counted(0));
    assertThat(house.store.sessions()).isEmpty();
    assertThat(house.store.receipt(session.id())).contains(receipt);
    assertThat(house.table.size()).isZero();
    assertThat(session.state()).isEqualTo(SessionState.TERMINATED);
    assertThat(house.destruction.underWay()).isZero();
  }

  @ParameterizedTest
  @EnumSource(ReleaseFault.class)
  void aReleaseThatGoesWrongIsTriedAgain(ReleaseFault fault) throws Exception {
    Session session = house.explicit(40);
    house.engine.failReleases(fault);

    CompletableFuture<DestructionReceipt> receipt = destroy(session);
    passUntilDone(receipt);

    assertThat(receipt.get().stages())
        .extracting(StageResult::outcome)
        .containsOnly(Outcome.APPLIED);
    assertThat(receipt.get().residue()).isEqualTo(new Residue.Counted(0));
    assertThat(house.engine.kvTokens(session.id())).isZero();
    assertThat(house.destruction.triedAgain()).isEqualTo(1);
    assertThat(house.store.sessions()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(ReleaseFault.class)
  void whatNeverSucceedsIsToldAfterTheLastTryAndTheSessionIsGoneAllTheSame(ReleaseFault fault)
      throws Exception {
    Session session = house.explicit(1_000);
    house.engine.failReleases(fault, fault, fault);

    CompletableFuture<DestructionReceipt> receipt = destroy(session);
    passUntilDone(receipt);

    assertThat(outcome(receipt.get(), Stage.KV)).isEqualTo(Outcome.FAILED);
    assertThat(outcome(receipt.get(), Stage.VERIFY)).isEqualTo(Outcome.FAILED);
    assertThat(receipt.get().residue())
        .isEqualTo(new Residue.Counted(house.engine.kvTokens(session.id())));
    assertThat(outcome(receipt.get(), Stage.DEREGISTER)).isEqualTo(Outcome.APPLIED);
    assertThat(house.table.byId(session.id())).isEmpty();
    assertThat(session.state()).isEqualTo(SessionState.TERMINATED);
    assertThat(house.store.sessions())
        .as("the next start finishes it")
        .singleElement()
        .matches(stored -> stored.terminating());
  }

  @Test
  void eachPauseIsTwiceTheOneBeforeUpToTheLongest() throws Exception {
    Duration first = Duration.ofMillis(100);
    replaceHouse(
        new Destruction.Settings(
            Duration.ofSeconds(5), 100, 2, 100, 5, first, Duration.ofMillis(300)));
    Session session = house.explicit(40);
    house.engine.failReleases(
        ReleaseFault.FAILS, ReleaseFault.FAILS, ReleaseFault.FAILS, ReleaseFault.FAILS);
    CompletableFuture<DestructionReceipt> receipt = destroy(session);

    for (int pauseMillis : List.of(100, 200, 300, 300)) {
      await().until(house.time::waits);
      int before = house.engine.releases().size();
      house.time.pass(Duration.ofMillis(pauseMillis - 1));
      assertThat(house.engine.releases()).hasSize(before);
      house.time.pass(Duration.ofMillis(1));
      await().untilAsserted(() -> assertThat(house.engine.releases()).hasSize(before + 1));
    }

    assertThat(receipt(receipt).failed()).isFalse();
  }

  @Test
  void anEngineThatIsGoneFailsItsStagesOnly() throws Exception {
    Session session = house.table.addImplicit(TenantId.DEFAULT, "gone").session();

    CompletableFuture<DestructionReceipt> receipt = destroy(session);
    passUntilDone(receipt);

    assertThat(outcome(receipt.get(), Stage.KV)).isEqualTo(Outcome.FAILED);
    assertThat(receipt.get().residue()).isEqualTo(new Residue.Unknown());
    assertThat(session.state()).isEqualTo(SessionState.TERMINATED);
    assertThat(house.table.size()).isZero();
  }

  @Test
  void aStoreThatCannotKeepTheReceiptIsAskedAgainAndNothingIsLost() throws Exception {
    Session session = house.explicit(40);
    house.store.failNext(InMemorySessionStore.Call.CONCLUDE);

    CompletableFuture<DestructionReceipt> receipt = destroy(session);
    passUntilDone(receipt);

    assertThat(house.store.receipt(session.id())).contains(receipt.get());
    assertThat(house.store.sessions()).isEmpty();
  }

  @Test
  void aStoreThatNeverKeepsTheReceiptLeavesItInMemoryAndTheSessionToTheNextStart()
      throws Exception {
    Session session = house.explicit(40);
    for (int tries = 0; tries < DestructionHouse.SETTINGS.tries(); tries++) {
      house.store.failNext(InMemorySessionStore.Call.CONCLUDE);
    }

    CompletableFuture<DestructionReceipt> receipt = destroy(session);
    passUntilDone(receipt);

    assertThat(outcome(receipt.get(), Stage.DEREGISTER)).isEqualTo(Outcome.FAILED);
    assertThat(house.destruction.receipt(session.id()).orElseThrow().get())
        .isEqualTo(receipt.get());
    assertThat(house.store.sessions()).singleElement().matches(stored -> stored.terminating());
  }

  // --- quiet periods ---------------------------------------------------------------------------

  @Test
  void anExplicitEndStopsTheTurnAndWaitsForItsLeaseWithoutAWorker() throws Exception {
    Session busy = house.explicit(40);
    Session another = house.explicit(40);
    Session third = house.explicit(40);
    Running turn = DestructionHouse.running(busy);
    Running anotherTurn = DestructionHouse.running(another);

    CompletableFuture<DestructionReceipt> waits = destroy(busy);
    CompletableFuture<DestructionReceipt> waitsToo = destroy(another);
    assertThat(receipt(destroy(third)).failed()).as("two workers, two that wait").isFalse();

    assertThat(turn.revoked).isTrue();
    assertThat(waits).isNotDone();
    turn.lease().end(LeaseEnd.DROPPED);
    anotherTurn.lease().end(LeaseEnd.DROPPED);
    assertThat(receipt(waits).failed()).isFalse();
    assertThat(receipt(waitsToo).failed()).isFalse();
  }

  @Test
  void aLeaseThatNeverComesBackFailsOneStageAndKeepsNothing() throws Exception {
    Session session = house.explicit(40);
    Running turn = DestructionHouse.running(session);
    CompletableFuture<DestructionReceipt> receipt = destroy(session);

    passUntilDone(receipt);

    assertThat(outcome(receipt.get(), Stage.COMPUTE)).isEqualTo(Outcome.FAILED);
    assertThat(outcome(receipt.get(), Stage.KV)).isEqualTo(Outcome.APPLIED);
    assertThat(house.table.size()).isZero();
    turn.lease().end(LeaseEnd.DROPPED);
    assertThat(session.state()).isEqualTo(SessionState.TERMINATED);
  }

  @Test
  void onlyAQuietSessionIsEndedForAReasonThatCanWait() {
    Session session = house.explicit(40);
    Running turn = DestructionHouse.running(session);

    assertThat(house.destruction.destroyIfIdle(session, DestructionReason.EXPIRED)).isFalse();
    assertThat(house.destruction.release(session, DestructionReason.VALUE)).isEmpty();
    turn.lease().end(LeaseEnd.SUCCESS);

    assertThat(house.destruction.destroyIfIdle(session, DestructionReason.EXPIRED)).isTrue();
    house.time.pass(Duration.ofMillis(5));
    await().untilAsserted(() -> assertThat(house.table.size()).isZero());
  }

  @Test
  void thoseThatNobodyWaitsForGoTogether() {
    List<Session> sessions = List.of(house.explicit(40), house.explicit(40), house.explicit(40));

    for (Session session : sessions) {
      assertThat(house.destruction.destroyIfIdle(session, DestructionReason.EXPIRED)).isTrue();
      assertThat(session.alive()).isFalse();
    }
    house.time.pass(Duration.ofMillis(4));
    assertThat(house.destruction.backlog()).isEqualTo(3);
    house.time.pass(Duration.ofMillis(1));

    await().untilAsserted(() -> assertThat(house.table.size()).isZero());
    assertThat(house.destruction.backlog()).isZero();
  }

  @Test
  void aReleaseByValueTakesTheStateAndLeavesTheSession() throws Exception {
    Session session = house.explicit(40);

    DestructionReceipt receipt =
        house
            .destruction
            .release(session, DestructionReason.VALUE)
            .orElseThrow()
            .get(10, TimeUnit.SECONDS);

    assertThat(receipt.reason()).isEqualTo(DestructionReason.VALUE);
    assertThat(receipt.residue()).isEqualTo(new Residue.Counted(0));
    assertThat(house.engine.kvTokens(session.id())).isZero();
    await().untilAsserted(() -> assertThat(session.state()).isEqualTo(SessionState.IDLE));
    assertThat(house.table.byId(session.id())).contains(session);
    assertThat(house.events).contains(new Event.SessionReleased(session.kind(), receipt));
    assertThat(receipt(destroy(session)).residue()).isEqualTo(new Residue.Counted(0));
  }

  // --- idempotent ------------------------------------------------------------------------------

  @Test
  void aLateCallerGetsTheReceiptOfTheOneDestruction() throws Exception {
    Session session = house.implicit(40);
    DestructionReceipt first = receipt(destroy(session));

    assertThat(receipt(destroy(session))).isEqualTo(first);
    assertThat(house.events).filteredOn(Event.SessionDestroyed.class::isInstance).hasSize(1);
  }

  @Test
  void manyLateCallersAtOnceAllGetIt() throws Exception {
    Session session = house.explicit(40);
    DestructionReceipt first = receipt(destroy(session));
    List<Future<DestructionReceipt>> late = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      late.add(house.threads.submit(() -> receipt(destroy(session))));
    }

    for (Future<DestructionReceipt> one : late) {
      assertThat(one.get(10, TimeUnit.SECONDS)).isEqualTo(first);
    }
  }

  @Test
  void aReceiptThatIsKeptNoMoreIsSaidToBe() {
    replaceHouse(
        new Destruction.Settings(
            Duration.ofSeconds(5), 1, 2, 100, 3, Duration.ofMillis(1), Duration.ofMillis(1)));
    Session session = house.implicit(40);
    destroy(session).join();
    destroy(house.implicit(40)).join();

    assertThatThrownBy(() -> receipt(destroy(session)))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("is not kept any more");
  }

  // --- threads ---------------------------------------------------------------------------------

  @Test
  void aRejectedWorkerLeavesNobodyWaitingForEver() {
    replaceHouse(
        DestructionHouse.SETTINGS,
        task -> {
          throw new RejectedExecutionException("no more threads");
        });
    Session session = house.explicit(40);

    assertThatThrownBy(() -> receipt(destroy(session)))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(RejectedExecutionException.class);
    assertThat(session.state()).isEqualTo(SessionState.TERMINATING);
  }

  @Test
  void aWorkerThatIsLostIsReplacedByTheSweep() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    DestructionHouse before = house;
    replaceHouse(
        DestructionHouse.SETTINGS,
        task -> {
          // The first two threads die before they do anything.
          if (begun.incrementAndGet() > 2) {
            before.threads.execute(task);
          }
        });
    CompletableFuture<DestructionReceipt> one = destroy(house.explicit(40));
    CompletableFuture<DestructionReceipt> two = destroy(house.explicit(40));
    CompletableFuture<DestructionReceipt> three = destroy(house.explicit(40));
    house.sweep.run().join();
    assertThat(one).isNotDone();

    house.time.pass(Duration.ofMinutes(1));
    house.sweep.run().join();

    assertThat(receipt(one).failed()).isFalse();
    assertThat(receipt(two).failed()).isFalse();
    assertThat(receipt(three).failed()).isFalse();
    before.close();
  }

  @Test
  void aStormIsWorkedOffByAFewWorkersAndLosesNoReceipt() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    DestructionHouse before = house;
    replaceHouse(
        new Destruction.Settings(
            Duration.ofSeconds(5), 1_000, 4, 100, 3, Duration.ofMillis(1), Duration.ofMillis(1)),
        task ->
            before.threads.execute(() -> {
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              try {
                task.run();
              } finally {
                inside.decrementAndGet();
              }
            }));
    List<Session> sessions = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      sessions.add(house.implicit(10));
    }

    List<CompletableFuture<DestructionReceipt>> receipts =
        sessions.stream().map(this::destroy).toList();
    for (CompletableFuture<DestructionReceipt> receipt : receipts) {
      assertThat(receipt(receipt).failed()).isFalse();
    }

    assertThat(most).hasValueLessThanOrEqualTo(4);
    for (Session session : sessions) {
      assertThat(house.destruction.receipt(session.id())).isPresent();
    }
    assertThat(house.destruction.backlog()).isZero();
    before.close();
  }

  // --- settings --------------------------------------------------------------------------------

  @Test
  void settingsThatMakeNoSenseAreRefusedByName() {
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() -> new Destruction.Settings(second, 1, 0, 1, 1, second, second))
        .hasMessage("workers: 0 (expected: >= 1)");
    assertThatThrownBy(() -> new Destruction.Settings(second, 1, 1, 1, 0, second, second))
        .hasMessage("tries: 0 (expected: >= 1)");
    assertThatThrownBy(() -> new Destruction.Settings(Duration.ZERO, 1, 1, 1, 1, second, second))
        .hasMessage("stage deadline: PT0S (expected: positive)");
  }

  private void replaceHouse(Destruction.Settings settings) {
    house.close();
    house = new DestructionHouse(settings);
  }

  /** The one before stays open, for its threads. */
  private void replaceHouse(Destruction.Settings settings, Executor workers) {
    house = new DestructionHouse(settings, workers);
  }

  private CompletableFuture<DestructionReceipt> destroy(Session session) {
    return house.destruction.destroy(session, DestructionReason.CLOSED);
  }

  private static DestructionReceipt receipt(CompletableFuture<DestructionReceipt> receipt)
      throws Exception {
    return receipt.get(10, TimeUnit.SECONDS);
  }

  /** Lets the time of pauses and deadlines pass as soon as somebody waits for it. */
  private void passUntilDone(CompletableFuture<DestructionReceipt> receipt) {
    await()
        .until(() -> {
          if (house.time.waits()) {
            house.time.pass(Duration.ofSeconds(1));
          }
          return receipt.isDone();
        });
  }

  private static Outcome outcome(DestructionReceipt receipt, Stage stage) {
    return receipt.stages().stream()
        .filter(result -> result.stage() == stage)
        .findFirst()
        .orElseThrow()
        .outcome();
  }
}
