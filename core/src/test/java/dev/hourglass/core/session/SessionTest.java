package dev.hourglass.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.session.Session.TurnAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final int LONGEST_LINE = 2;

  private final ManualClock clock = new ManualClock();
  private final EventBus events = new EventBus();
  private final List<Event> seen = new ArrayList<>();
  private final SessionTable table =
      new SessionTable(
          new SessionLimits(10, 10, LONGEST_LINE, Duration.ofMinutes(30), Duration.ofDays(1)),
          new Random(1),
          clock,
          events);

  private Session session() {
    return table.addImplicit(TenantId.DEFAULT, "tiny").session();
  }

  @Test
  void isIdleAfterBirthAndActiveWhileALeaseIsHeld() {
    events.subscribe(seen::add);
    Session session = session();
    Holder holder = new Holder();

    assertThat(session.state()).isEqualTo(SessionState.IDLE);
    assertThat(session.requestTurn(holder)).isEqualTo(TurnAnswer.ACCEPTED);
    assertThat(session.state()).isEqualTo(SessionState.ACTIVE);
    holder.lease().end(LeaseEnd.SUCCESS);
    assertThat(session.state()).isEqualTo(SessionState.IDLE);
    assertThat(seen)
        .containsExactly(
            new Event.SessionCreated(session.id(), SessionKind.IMPLICIT),
            new Event.StateChanged(session.id(), SessionState.INITIALIZING, SessionState.IDLE),
            new Event.StateChanged(session.id(), SessionState.IDLE, SessionState.ACTIVE),
            new Event.StateChanged(session.id(), SessionState.ACTIVE, SessionState.IDLE),
            new Event.LeaseEnded(session.id(), LeaseEnd.SUCCESS));
  }

  @Test
  void aLeaseEndsOnceHoweverOftenItIsEnded() {
    events.subscribe(seen::add);
    Session session = session();
    Holder holder = new Holder();
    session.requestTurn(holder);

    holder.lease().end(LeaseEnd.FAILURE);
    holder.lease().close();

    assertThat(seen).filteredOn(Event.LeaseEnded.class::isInstance).hasSize(1);
  }

  @Test
  void grantsTheTurnInTheOrderOfAsking() {
    Session session = session();
    Holder first = new Holder();
    Holder second = new Holder();
    Holder third = new Holder();
    session.requestTurn(first);
    session.requestTurn(second);
    session.requestTurn(third);

    assertThat(second.lease).isNull();
    first.lease().close();
    assertThat(second.lease).isNotNull();
    assertThat(third.lease).isNull();
    second.lease().close();
    assertThat(third.lease).isNotNull();
  }

  @Test
  void refusesOneMoreThanTheLineHolds() {
    Session session = session();
    Holder running = new Holder();
    session.requestTurn(running);
    for (int i = 0; i < LONGEST_LINE; i++) {
      assertThat(session.requestTurn(new Holder())).isEqualTo(TurnAnswer.ACCEPTED);
    }

    assertThat(session.requestTurn(new Holder())).isEqualTo(TurnAnswer.LINE_FULL);
  }

  @Test
  void whoeverWithdrawsIsNeverGranted() {
    Session session = session();
    Holder running = new Holder();
    Holder leaving = new Holder();
    session.requestTurn(running);
    session.requestTurn(leaving);

    assertThat(session.withdraw(leaving)).isTrue();
    running.lease().close();

    assertThat(leaving.lease).isNull();
    assertThat(session.state()).isEqualTo(SessionState.IDLE);
    assertThat(session.withdraw(leaving)).isFalse();
  }

  @Test
  void theEndRefusesTheLineRevokesTheHolderAndWaitsForItsLease() {
    Session session = session();
    Holder running = new Holder();
    Holder waiting = new Holder();
    session.requestTurn(running);
    session.requestTurn(waiting);

    assertThat(session.beginTerminating()).isTrue();

    assertThat(running.revoked).isTrue();
    assertThat(waiting.refused).isTrue();
    assertThat(session.quiet()).isNotDone();
    assertThat(session.requestTurn(new Holder())).isEqualTo(TurnAnswer.ENDED);
    running.lease().close();
    assertThat(session.quiet()).isDone();
    assertThat(session.beginTerminating()).isFalse();
  }

  @Test
  void onlyAnIdleSessionEndsWhenAskedToEndIfIdle() {
    Session session = session();
    Holder holder = new Holder();
    session.requestTurn(holder);

    assertThat(session.beginTerminatingIfIdle()).isFalse();
    holder.lease().close();
    assertThat(session.beginTerminatingIfIdle()).isTrue();
  }

  @Test
  void aTerminatedSessionNeverComesBack() {
    Session session = session();
    session.beginTerminating();
    session.terminated();

    assertThat(session.requestTurn(new Holder())).isEqualTo(TurnAnswer.ENDED);
    assertThatThrownBy(session::terminated).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void expiresAfterItsTtlSinceTheLastUseAndNeverWhileActive() {
    Session session = session();
    clock.advance(Duration.ofMinutes(20));
    Holder holder = new Holder();
    session.requestTurn(holder);
    clock.advance(Duration.ofMinutes(40));

    assertThat(session.expired(clock.instant())).isFalse();
    holder.lease().close();
    clock.advance(Duration.ofMinutes(30).minusMillis(1));
    assertThat(session.expired(clock.instant())).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(session.expired(clock.instant())).isTrue();
  }

  @Test
  void aClockThatJumpsBackDoesNotAgeASession() {
    Session session = session();
    clock.advance(Duration.ofMinutes(-10));
    Holder holder = new Holder();
    session.requestTurn(holder);
    holder.lease().close();
    clock.advance(Duration.ofMinutes(39));

    assertThat(session.expired(clock.instant())).isFalse();
  }

  @Test
  void aClockThatWentBackMakesNoSessionImmortalAndEndsNoneEarly() {
    clock.advance(Duration.ofDays(365));
    Session session = session();
    clock.advance(Duration.ofDays(-365));

    assertThat(session.expired(clock.instant())).isFalse();
    clock.advance(Duration.ofMinutes(30).minusMillis(1));
    assertThat(session.expired(clock.instant())).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(session.expired(clock.instant())).isTrue();
  }

  @Test
  void anEnormousTimeToLiveReachesToTheEndOfTime() {
    Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
    SessionTable lasting =
        new SessionTable(
            new SessionLimits(10, 10, LONGEST_LINE, longest, longest),
            new Random(1),
            clock,
            events);
    Session session = lasting.addImplicit(TenantId.DEFAULT, "tiny").session();
    clock.advance(Duration.ofDays(365_000));

    assertThat(session.expired(clock.instant())).isFalse();
    assertThat(session.snapshot().expiresAt()).isEqualTo(Instant.MAX);
    assertThat(lasting.expired(clock.instant())).isEmpty();
  }

  @Test
  void holdsAreCountedBesideTheTurn() {
    Session session = session();
    Lease subscriber = session.hold().orElseThrow();
    Holder running = new Holder();
    session.requestTurn(running);
    Lease other = session.hold().orElseThrow();

    assertThat(session.leases()).isEqualTo(3);
    running.lease().close();
    assertThat(session.busy()).isFalse();
    subscriber.close();
    subscriber.close();
    assertThat(session.state()).isEqualTo(SessionState.ACTIVE);
    other.close();
    assertThat(session.state()).isEqualTo(SessionState.IDLE);
    assertThat(session.leases()).isZero();
  }

  @Test
  void theLineMovesOnWhileSomebodyHoldsTheSession() {
    Session session = session();
    Lease subscriber = session.hold().orElseThrow();
    Holder first = new Holder();
    Holder second = new Holder();
    session.requestTurn(first);
    session.requestTurn(second);

    subscriber.close();
    assertThat(second.lease).as("another one still runs").isNull();
    first.lease().close();

    assertThat(second.lease).isNotNull();
  }

  @Test
  void anEndingSessionIsQuietWhenItsLastHoldIsBack() {
    Session session = session();
    Lease subscriber = session.hold().orElseThrow();
    Holder running = new Holder();
    session.requestTurn(running);
    session.beginTerminating();
    var quiet = session.quiet();

    running.lease().close();
    assertThat(quiet).isNotDone();
    subscriber.close();

    assertThat(quiet).isDone();
    assertThat(session.quiet()).isDone();
    assertThat(session.hold()).isEmpty();
  }

  @Test
  void upkeepIsNoUseAndTurnsWaitForIt() {
    Session session = session();
    clock.advance(Duration.ofMinutes(20));
    Lease upkeep = session.upkeep().orElseThrow();
    Holder waiting = new Holder();
    session.requestTurn(waiting);

    assertThat(session.upkeep()).isEmpty();
    assertThat(waiting.lease).isNull();
    session.withdraw(waiting);
    upkeep.close();

    clock.advance(Duration.ofMinutes(10));
    assertThat(session.expired(clock.instant())).as("30 minutes after the last use").isTrue();
  }

  @Test
  void aDependantKeepsTheSessionUntilItNeedsItNoMore() {
    Session session = session();
    AtomicBoolean needed = new AtomicBoolean(true);
    assertThat(session.neededBy(needed::get)).isTrue();
    clock.advance(Duration.ofMinutes(30));

    assertThat(session.expired(clock.instant())).isFalse();
    assertThat(session.mayGo()).isFalse();
    assertThat(session.upkeep()).isEmpty();
    assertThat(session.beginTerminatingIfIdle()).isFalse();
    needed.set(false);

    assertThat(session.expired(clock.instant())).isTrue();
    assertThat(session.beginTerminatingIfIdle()).isTrue();
  }

  @Test
  void aDependantLeavesOnRequestAndNeverStopsAnExplicitEnd() {
    Session session = session();
    Dependant task = () -> true;
    session.neededBy(task);
    session.releasedBy(task);
    assertThat(session.mayGo()).isTrue();

    session.neededBy(task);
    assertThat(session.beginTerminating()).isTrue();
  }

  @Test
  void dependantsAreBoundedAndTheSameOneCountsOnce() {
    Session session = session();
    Dependant task = () -> true;
    for (int i = 0; i < 100; i++) {
      assertThat(session.neededBy(task)).isTrue();
    }
    int most = 1;
    while (session.neededBy(
        new Dependant() {
          @Override
          public boolean needsSession() {
            return true;
          }
        })) {
      most++;
    }

    assertThat(most).isEqualTo(64);
  }

  @Test
  void aLeaseThatIsLostIsTakenBack() {
    Session session = session();
    CompletableFuture<SessionId> lost = new CompletableFuture<>();
    events.subscribe(event -> {
      if (event instanceof Event.LeaseLost(SessionId id)) {
        lost.complete(id);
      }
    });
    session.requestTurn(new Forgetful());
    loseAHold(session);
    Holder next = new Holder();
    session.requestTurn(next);

    collectGarbageUntil(() -> next.lease != null && session.leases() == 1);

    assertThat(lost).isCompletedWithValue(session.id());
    assertThat(table.lostLeases()).isEqualTo(2);
    next.lease().close();
    assertThat(session.state()).isEqualTo(SessionState.IDLE);
  }

  @Test
  void aLeaseThatIsEndedIsNeverFoundLost() {
    Session session = session();
    for (int i = 0; i < 1_000; i++) {
      session.hold().orElseThrow().close();
    }
    loseAHold(session);

    collectGarbageUntil(() -> table.lostLeases() > 0);

    assertThat(table.lostLeases()).isEqualTo(1);
  }

  /** In a frame of its own, whose slots go with it. */
  private static void loseAHold(Session session) {
    var _ = session.hold().orElseThrow();
  }

  /** A holder that forgets its lease. */
  private static final class Forgetful implements TurnHolder {
    @Override
    public void granted(Lease lease) {}

    @Override
    public void refused() {}

    @Override
    public void revoked() {}
  }

  private static void collectGarbageUntil(BooleanSupplier found) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!found.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the guard's patience").isLessThan(deadline);
      System.gc();
      Thread.onSpinWait();
    }
  }

  @Test
  void manyThreadsNeverShareTheTurnAndNobodyIsForgotten() throws InterruptedException {
    SessionTable wide =
        new SessionTable(
            new SessionLimits(10, 10, 1_000, Duration.ofMinutes(30), Duration.ofDays(1)),
            new Random(1),
            clock,
            events);
    Session session = wide.addImplicit(TenantId.DEFAULT, "tiny").session();
    int turns = 400;
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch all = new CountDownLatch(turns);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < turns; i++) {
        threads.execute(() ->
            session.requestTurn(
                new TurnHolder() {
                  @Override
                  public void granted(Lease lease) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    threads.execute(() -> {
                      inside.decrementAndGet();
                      lease.end(LeaseEnd.SUCCESS);
                      all.countDown();
                    });
                  }

                  @Override
                  public void refused() {}

                  @Override
                  public void revoked() {}
                }));
      }
      assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(most).hasValue(1);
    assertThat(session.state()).isEqualTo(SessionState.IDLE);
  }

  private static final class Holder implements TurnHolder {
    volatile @Nullable Lease lease;
    boolean refused;
    boolean revoked;

    @Override
    public void granted(Lease granted) {
      lease = granted;
    }

    @Override
    public void refused() {
      refused = true;
    }

    @Override
    public void revoked() {
      revoked = true;
    }

    Lease lease() {
      return Objects.requireNonNull(lease, "the turn was not granted");
    }
  }
}
