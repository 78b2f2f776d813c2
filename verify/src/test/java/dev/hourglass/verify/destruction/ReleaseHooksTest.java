package dev.hourglass.verify.destruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.ReleaseHook;
import dev.hourglass.core.retention.ReleaseHooks;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hooks in their order, of which some throw and some hang. */
class ReleaseHooksTest {
  private final List<String> called = new CopyOnWriteArrayList<>();
  private final CountDownLatch never = new CountDownLatch(1);
  private final AtomicBoolean hangs = new AtomicBoolean(true);
  private final AtomicBoolean throwsUp = new AtomicBoolean(true);
  private final DestructionHouse house =
      new DestructionHouse(
          DestructionHouse.SETTINGS,
          new Hook("last", 30),
          new Hook("throws", 10),
          new Hook("hangs", 20));

  @AfterEach
  void close() {
    never.countDown();
    house.close();
  }

  private final class Hook implements ReleaseHook {
    private final String name;
    private final int order;

    Hook(String name, int order) {
      this.name = name;
      this.order = order;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int order() {
      return order;
    }

    @Override
    public void sessionEnds(SessionId session, TenantId tenant, DestructionReason reason)
        throws Exception {
      called.add(name);
      misbehave();
    }

    @Override
    public void gatewayStops() throws Exception {
      called.add(name + " stops");
      misbehave();
    }

    private void misbehave() throws InterruptedException {
      if (name.equals("throws") && throwsUp.get()) {
        throw new AssertionError("told to throw");
      }
      if (name.equals("hangs") && hangs.get()) {
        never.await();
      }
    }
  }

  @Test
  void oneThatThrowsAndOneThatHangsKeepNoOtherFromItsTurnAndAreCalledAgain() throws Exception {
    Session session = house.explicit(40);

    CompletableFuture<DestructionReceipt> receipt =
        house.destruction.destroy(session, DestructionReason.CLOSED);
    await().until(house.time::waits);
    assertThat(called).containsExactly("throws", "hangs", "last");
    throwsUp.set(false);
    hangs.set(false);
    house.time.pass(Duration.ofSeconds(1));

    assertThat(receipt.get(10, TimeUnit.SECONDS).failed()).isFalse();
    assertThat(called).containsExactly("throws", "hangs", "last", "throws", "hangs");
  }

  @Test
  void hooksThatNeverSucceedAreToldAndTheSessionIsGone() throws Exception {
    Session session = house.explicit(40);

    CompletableFuture<DestructionReceipt> receipt =
        house.destruction.destroy(session, DestructionReason.CLOSED);
    await()
        .until(() -> {
          if (house.time.waits()) {
            house.time.pass(Duration.ofSeconds(1));
          }
          return receipt.isDone();
        });

    assertThat(receipt.get().stages())
        .filteredOn(stage -> stage.outcome() == Outcome.FAILED)
        .extracting(DestructionReceipt.StageResult::stage)
        .containsExactly(Stage.HOOKS);
    assertThat(house.table.size()).isZero();
  }

  @Test
  void atTheEndStateIsReleasedAndEveryHookIsCalledOnceMore() throws Exception {
    throwsUp.set(false);
    hangs.set(false);
    Session implicit = house.implicit(40);
    Session explicit = house.explicit(40);
    throwsUp.set(true);

    house.destruction.shutdown(Duration.ofSeconds(10));

    assertThat(house.engine.kvTokens(implicit.id())).isZero();
    assertThat(house.engine.kvTokens(explicit.id())).isZero();
    assertThat(house.store.sessions()).as("lives on").hasSize(1);
    assertThat(explicit.state()).isEqualTo(SessionState.IDLE);
    assertThat(house.events)
        .filteredOn(Event.SessionReleased.class::isInstance)
        .extracting(event -> ((Event.SessionReleased) event).receipt())
        .singleElement()
        .satisfies(receipt -> {
          assertThat(receipt.reason()).isEqualTo(DestructionReason.SHUTDOWN);
          assertThat(receipt.residue()).isEqualTo(new Residue.Counted(0));
        });
    assertThat(called).endsWith("throws stops", "hangs stops", "last stops");
  }

  @Test
  void twoHooksOfOneNameAreRefused() {
    assertThatThrownBy(() ->
            new ReleaseHooks(
                List.of(new Hook("same", 1), new Hook("same", 2)),
                Duration.ofSeconds(1),
                Runnable::run))
        .hasMessage("hook: same (expected: once)");
  }
}
