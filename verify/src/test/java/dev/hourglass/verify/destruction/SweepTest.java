package dev.hourglass.verify.destruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.ReleaseHooks;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.SweepReport;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.engine.ScriptedEngine.ReleaseFault;
import dev.hourglass.testkit.store.InMemorySessionStore;
import dev.hourglass.verify.destruction.DestructionHouse.Running;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the sweep finds and takes back, whatever goes wrong meanwhile. */
class SweepTest {
  private DestructionHouse house = new DestructionHouse();

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void stateThatNobodyOwnsIsReleasedProvenAndCounted() throws Exception {
    SessionId orphan = orphan();

    SweepReport report = sweep();

    assertThat(house.engine.kvTokens(orphan)).isZero();
    assertThat(report.orphans()).isEqualTo(1);
    assertThat(report.released()).isEqualTo(1);
    assertThat(report.leakRate()).isEqualTo(1);
    assertThat(house.events).contains(new Event.OrphanReleased(orphan));
    await().until(() -> house.destruction.receipt(orphan).isPresent());
    DestructionReceipt receipt = house.destruction.receipt(orphan).orElseThrow().get();
    assertThat(receipt.reason()).isEqualTo(DestructionReason.ORPHAN);
    assertThat(receipt.failed()).isFalse();
  }

  @Test
  void aHouseInOrderLeaksNothing() throws Exception {
    Session session = house.implicit(40);
    house.explicit(40);
    house.destruction.destroy(session, DestructionReason.CLOSED).get(10, TimeUnit.SECONDS);

    SweepReport report = sweep();

    assertThat(report.orphans()).isZero();
    assertThat(report.leakRate()).isZero();
    assertThat(report.failed()).isZero();
    assertThat(house.sweep.latest()).contains(report);
  }

  @Test
  void theLeakRateIsTheShareOfWhatHadToBeTakenBack() throws Exception {
    for (int i = 0; i < 3; i++) {
      house
          .destruction
          .destroy(house.implicit(10), DestructionReason.CLOSED)
          .get(10, TimeUnit.SECONDS);
    }
    orphan();

    assertThat(sweep().leakRate()).isEqualTo(0.25);
    assertThat(sweep().leakRate()).as("only since the last sweep").isZero();
  }

  @ParameterizedTest
  @EnumSource(ReleaseFault.class)
  void whatOneReleaseLeavesTheNextSweepTakes(ReleaseFault fault) throws Exception {
    SessionId orphan = orphan();
    house.engine.failReleases(fault);

    CompletableFuture<SweepReport> first = house.sweep.run();
    if (fault == ReleaseFault.HANGS) {
      assertThat(first).isNotDone();
    }
    house.time.pass(Duration.ofMillis(201));
    assertThat(first.get(10, TimeUnit.SECONDS).failed()).isEqualTo(1);
    assertThat(house.engine.kvTokens(orphan)).isPositive();
    house.time.pass(Duration.ofSeconds(30));

    SweepReport second = sweep();

    assertThat(second.released()).isEqualTo(1);
    assertThat(house.engine.kvTokens(orphan)).isZero();
  }

  @Test
  void anEngineThatHangsIsNotAskedAgainBeforeItsTimeIsUp() {
    orphan();
    house.engine.failReleases(ReleaseFault.HANGS);

    var _ = house.sweep.run();
    var _ = house.sweep.run();
    var _ = house.sweep.run();

    assertThat(house.engine.releases()).hasSize(1);
  }

  @Test
  void oneEngineThatThrowsKeepsNoOtherFromBeingSwept() throws Exception {
    ScriptedEngine second = new ScriptedEngine("second", 1_000, house.table);
    BrokenEngine broken = new BrokenEngine();
    EngineDirectory engines = new EngineDirectory(List.of(broken, second), Map.of());
    Destruction destruction =
        new Destruction(
            house.table,
            engines,
            new InMemorySessionStore(),
            house.threads,
            house.time,
            house.time,
            house.bus,
            ReleaseHooks.none(),
            DestructionHouse.SETTINGS);
    SessionId orphan = SessionId.random(new Random(3));
    second.occupy(orphan, 10);

    SweepReport report =
        new Sweep(house.table, engines, destruction, house.time, house.bus)
            .run()
            .get(10, TimeUnit.SECONDS);

    assertThat(second.kvTokens(orphan)).isZero();
    assertThat(report.failed()).isEqualTo(1);
    assertThat(report.released()).isEqualTo(1);
  }

  @Test
  void aSessionWhoseDestructionIsUnderWayIsNoOrphan() throws Exception {
    Session session = house.implicit(40);
    CompletableFuture<Void> gate = new CompletableFuture<>();
    house.engine.stallReleases(gate);
    CompletableFuture<DestructionReceipt> receipt =
        house.destruction.destroy(session, DestructionReason.CLOSED);
    await().until(() -> !house.engine.releases().isEmpty());

    assertThat(sweep().orphans()).isZero();
    gate.complete(null);
    // A slow machine may have let the first try's deadline pass.
    await()
        .until(() -> {
          if (house.time.waits()) {
            house.time.pass(Duration.ofSeconds(1));
          }
          return receipt.isDone();
        });
    assertThat(receipt.get().failed()).isFalse();
  }

  @Test
  void onlyQuietSessionsExpireAndBusyOnesWhenTheyAreQuiet() throws Exception {
    Session idle = house.implicit(10);
    Session busy = house.implicit(10);
    Session needed = house.implicit(10);
    Running turn = DestructionHouse.running(busy);
    needed.neededBy(() -> house.table.byId(busy.id()).isPresent());
    house.time.pass(DestructionHouse.TTL);

    assertThat(sweep().expired()).isEqualTo(1);
    await().until(() -> house.table.byId(idle.id()).isEmpty());
    turn.lease().close();
    house.time.pass(DestructionHouse.TTL);
    assertThat(sweep().expired()).isEqualTo(1);
    await().until(() -> house.table.byId(busy.id()).isEmpty());
    assertThat(sweep().expired()).as("what needed it is gone").isEqualTo(1);
  }

  @Test
  void whatTheBacklogHasNoRoomForWaitsForTheNextSweep() throws Exception {
    house.close();
    house =
        new DestructionHouse(
            new Destruction.Settings(
                Duration.ofMillis(200),
                100,
                2,
                3,
                3,
                Duration.ofMillis(100),
                Duration.ofSeconds(1)));
    CompletableFuture<Void> gate = new CompletableFuture<>();
    house.engine.stallReleases(gate);
    for (int i = 0; i < 5; i++) {
      house.implicit(10);
    }
    house.time.pass(DestructionHouse.TTL);

    SweepReport report = sweep();

    assertThat(report.expired()).isEqualTo(3);
    assertThat(report.putOff()).isEqualTo(2);
    gate.complete(null);
    await().until(() -> house.table.size() == 2);
    assertThat(sweep().expired()).isEqualTo(2);
  }

  private SessionId orphan() {
    Session session = house.implicit(40);
    house.table.remove(session);
    return session.id();
  }

  private SweepReport sweep() throws Exception {
    return house.sweep.run().get(10, TimeUnit.SECONDS);
  }
}
