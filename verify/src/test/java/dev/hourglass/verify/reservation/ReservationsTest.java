package dev.hourglass.verify.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.reservation.PoolCalendar;
import dev.hourglass.core.reservation.Reservation;
import dev.hourglass.core.reservation.ReservationChange;
import dev.hourglass.core.reservation.ReservationId;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.reservation.ReservationOutcome;
import dev.hourglass.core.reservation.ReservationOutcome.Done;
import dev.hourglass.core.reservation.ReservationOutcome.NoRoom;
import dev.hourglass.core.reservation.ReservationOutcome.Reason;
import dev.hourglass.core.reservation.ReservationOutcome.Refused;
import dev.hourglass.core.reservation.ReservationRules;
import dev.hourglass.core.reservation.ReservationStatus;
import dev.hourglass.core.reservation.ReservationTransitions;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.reservation.Reservations.NewReservation;
import dev.hourglass.core.reservation.ReservedPlace;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.store.InMemoryReservationStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The control over calendars: durable, recovered, and what admission is told. */
class ReservationsTest {
  private static final String SMALL = "small";
  private static final String LARGE = "large";
  private static final TenantId ALICE = new TenantId("alice");
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
  private static final Duration GRACE = ReservationRules.DEFAULTS.noShowGrace();

  private final InMemoryReservationStore store = new InMemoryReservationStore();
  private final List<Event> events = new ArrayList<>();
  private final EventBus bus = new EventBus();
  private final SessionTable table =
      new SessionTable(SessionLimits.DEFAULTS, new Random(1), () -> NOON, bus);
  private final ScriptedEngine small = new ScriptedEngine(SMALL, 1_000, table);
  private final ScriptedEngine large = new ScriptedEngine(LARGE, 1_000, table);
  private final EngineDirectory engines =
      new EngineDirectory(List.of(small, large), Map.of("alias", LARGE));

  private Instant now = NOON;
  private int sessions = 4;
  private Reservations reservations = opened();

  @AfterEach
  void closeEngines() {
    small.close();
    large.close();
  }

  private Reservations opened() {
    Reservations opened =
        new Reservations(
            engines,
            _ -> sessions,
            new ReservationTransitions(ReservationRules.DEFAULTS),
            store,
            new Random(2),
            () -> now,
            bus);
    opened.recover();
    return opened;
  }

  // --- the store -------------------------------------------------------------------------------

  @Test
  void whatWasConfirmedGoesOnAfterARestart() {
    confirmed("one", NOON.plusSeconds(60), 600, 3);

    reservations = opened();

    assertThat(status("one")).isEqualTo(ReservationStatus.CONFIRMED);
    assertThat(hold("two", NOON.plusSeconds(60), 600, 2)).isInstanceOf(NoRoom.class);
  }

  @Test
  void whoeverCouldNotComeSinceTheGatewayWasAwayGetsTheGraceAnew() {
    confirmed("one", NOON, 3_600, 3);
    now = NOON.plus(GRACE).plusSeconds(60);

    reservations = opened();

    assertThat(status("one")).isEqualTo(ReservationStatus.CONFIRMED);
    now = now.plus(GRACE).minusSeconds(1);
    assertThat(reservations.use(key("one"))).isInstanceOf(Done.class);
  }

  @Test
  void aGraceThatBeganAnewEndsToo() {
    confirmed("one", NOON, 3_600, 3);
    now = NOON.plusSeconds(1_000);
    reservations = opened();

    now = now.plus(GRACE);

    assertThat(status("one")).isEqualTo(ReservationStatus.NO_SHOW);
    reservations.sweep();
    assertThat(stored("one").status()).isEqualTo(ReservationStatus.NO_SHOW);
  }

  @Test
  void aStoreThatFailsChangesNothingAndIsNotTheEnd() {
    hold("one", NOON, 600, 4);
    store.failNextCommit();

    ReservationOutcome failed = reservations.confirm(key("one"), null);

    assertThat(failed).extracting("reason").isEqualTo(Reason.STORE_FAILED);
    assertThat(status("one")).isEqualTo(ReservationStatus.HELD);
    assertThat(reservations.confirm(key("one"), null)).isInstanceOf(Done.class);
  }

  @Test
  void aCommitThatWasMadeThoughItFailedIsFoundAgain() {
    hold("one", NOON, 600, 4);
    store.failNextCommitAfterwards();
    reservations.confirm(key("one"), null);
    assertThat(stored("one").status()).isEqualTo(ReservationStatus.CONFIRMED);

    ReservationOutcome released = reservations.release(key("one"), null);

    assertThat(((Done) released).reservation().status()).isEqualTo(ReservationStatus.CANCELLED);
    assertThat(stored("one").status()).isEqualTo(ReservationStatus.CANCELLED);
  }

  @Test
  void twoGatewaysOnOneStoreDoNotSellTwice() {
    Reservations other = opened();
    confirmed("one", NOON, 600, 3);

    ReservationOutcome second =
        other.hold(ALICE, new NewReservation(null, NOON, NOON.plusSeconds(600), 3, id("two")));

    assertThat(second).isEqualTo(new NoRoom(NOON.plusSeconds(600)));
  }

  @Test
  void ofManyAtOnceNoMoreAreServedThanFit() throws Exception {
    List<Callable<ReservationOutcome>> rivals = new ArrayList<>();
    for (int rival = 0; rival < 64; rival++) {
      String name = "r" + rival;
      rivals.add(() -> hold(name, NOON, 600, 1));
    }
    int held = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<ReservationOutcome> outcome : threads.invokeAll(rivals)) {
        held += outcome.get() instanceof Done ? 1 : 0;
      }
    }

    assertThat(held).isEqualTo(sessions);
    assertThat(calendar().soldPeak(NOON, NOON.plusSeconds(600))).isZero();
  }

  // --- pools -----------------------------------------------------------------------------------

  @Test
  void poolsDoNotShareRoomAndAnIdNamesOneReservation() {
    hold("one", NOON, 600, 4);

    ReservationOutcome sameName =
        reservations.hold(
            ALICE, new NewReservation("alias", NOON, NOON.plusSeconds(600), 4, id("one")));
    ReservationOutcome other =
        reservations.hold(
            ALICE, new NewReservation("alias", NOON, NOON.plusSeconds(600), 4, id("two")));

    assertThat(sameName).extracting("reason").isEqualTo(Reason.ID_TAKEN);
    assertThat(((Done) other).reservation().pool()).isEqualTo(LARGE);
    assertThat(
            reservations.hold(
                ALICE, new NewReservation("nobody", NOON, NOON.plusSeconds(600), 1, null)))
        .extracting("reason")
        .isEqualTo(Reason.MODEL_NOT_FOUND);
  }

  @Test
  void aSmallerPoolDropsNothingAndSaysWhoIsShort() {
    confirmed("first", NOON.plusSeconds(60), 600, 2);
    confirmed("second", NOON.plusSeconds(60), 600, 2);
    sessions = 3;

    reservations.sweep();

    assertThat(missing("first")).isZero();
    assertThat(missing("second")).isOne();
    assertThat(status("second")).isEqualTo(ReservationStatus.CONFIRMED);
    assertThat(calendar().deficits())
        .containsExactly(new PoolCalendar.Stretch(NOON.plusSeconds(60), NOON.plusSeconds(660), 4));
    reservations.release(key("first"), null);
    assertThat(missing("second")).isZero();
  }

  @Test
  void aHoldThatCameShortIsNotConfirmed() {
    confirmed("first", NOON.plusSeconds(60), 600, 2);
    hold("second", NOON.plusSeconds(60), 600, 2);
    sessions = 3;
    reservations.sweep();

    assertThat(reservations.confirm(key("second"), null))
        .isEqualTo(new NoRoom(NOON.plusSeconds(660)));
    assertThat(status("second")).isEqualTo(ReservationStatus.HELD);
  }

  @Test
  void whatIsStoredOfAModelThatIsNotServedIsKeptAndShort() {
    Reservation elsewhere = confirmed("one", NOON.plusSeconds(60), 600, 2);
    store.commit(
        new ReservationChange(
            "gone",
            0,
            9,
            List.of(
                new Reservation(
                    key("old"),
                    "gone",
                    elsewhere.window(),
                    2,
                    ReservationStatus.CONFIRMED,
                    NOON,
                    elsewhere.statusEndsAt(),
                    1,
                    9)),
            List.of()));

    reservations = opened();

    assertThat(status("old")).isEqualTo(ReservationStatus.CONFIRMED);
    assertThat(missing("old")).isEqualTo(2);
  }

  // --- what admission is told ------------------------------------------------------------------

  @Test
  void aReservationIsUsedByAsManySessionsAsItIsForAndASessionCountsOnce() {
    confirmed("one", NOON, 600, 2);
    assertThat(reservations.isActive(key("one"))).isFalse();
    assertThat(reservations.enter(key("one"), session(1))).as("not called for yet").isEmpty();
    reservations.use(key("one"));
    assertThat(reservations.isActive(key("one"))).isTrue();

    ReservedPlace first = reservations.enter(key("one"), session(1)).orElseThrow();
    ReservedPlace again = reservations.enter(key("one"), session(1)).orElseThrow();
    ReservedPlace second = reservations.enter(key("one"), session(2)).orElseThrow();
    assertThat(reservations.enter(key("one"), session(3))).isEmpty();
    assertThat(using("one")).isEqualTo(2);

    first.close();
    first.close();
    assertThat(using("one")).as("another turn of the session runs").isEqualTo(2);
    again.close();
    assertThat(reservations.enter(key("one"), session(3))).isPresent();
    second.close();
    assertThat(using("one")).isOne();
  }

  @Test
  void roomIsSetAsideForWhoMayComeWithinAWhileAndNotForWhoIsHere() {
    confirmed("now", NOON, 600, 1);
    confirmed("soon", NOON.plusSeconds(30), 600, 2);
    hold("held", NOON, 600, 1);

    assertThat(reservations.uncalledSessions(SMALL, Duration.ofSeconds(5))).isEqualTo(1);
    assertThat(reservations.uncalledSessions(SMALL, Duration.ofSeconds(31))).isEqualTo(3);
    assertThat(reservations.uncalledSessions(LARGE, Duration.ofSeconds(31))).isZero();
    assertThat(reservations.uncalledSessions("nobody", Duration.ofSeconds(31))).isZero();
    assertThat(reservations.setAsideSessions(SMALL)).as("nobody called for any").isZero();

    reservations.use(key("now"));
    assertThat(reservations.setAsideSessions(SMALL)).isOne();
    reservations.enter(key("now"), session(1));
    assertThat(reservations.setAsideSessions(SMALL)).as("in use").isZero();
    assertThat(reservations.uncalledSessions(SMALL, Duration.ofSeconds(31))).isEqualTo(2);
    now = NOON.plusSeconds(600);
    assertThat(reservations.setAsideSessions(SMALL)).isZero();
    assertThat(reservations.uncalledSessions(SMALL, Duration.ofSeconds(5)))
        .as("one has ended, the other was a no-show")
        .isZero();
  }

  @Test
  void whatMovesIsPublished() {
    bus.subscribe(events::add);
    confirmed("one", NOON, 600, 1);
    now = NOON.plusSeconds(600);
    reservations.sweep();

    assertThat(events)
        .containsExactly(
            new Event.ReservationMoved(SMALL, ReservationStatus.HELD),
            new Event.ReservationMoved(SMALL, ReservationStatus.CONFIRMED),
            new Event.ReservationMoved(SMALL, ReservationStatus.NO_SHOW));
  }

  // --- words -----------------------------------------------------------------------------------

  private ReservationOutcome hold(String name, Instant start, long seconds, int asked) {
    return reservations.hold(
        ALICE, new NewReservation(null, start, start.plusSeconds(seconds), asked, id(name)));
  }

  private Reservation confirmed(String name, Instant start, long seconds, int asked) {
    assertThat(hold(name, start, seconds, asked)).isInstanceOf(Done.class);
    return switch (reservations.confirm(key(name), null)) {
      case Done(Reservation reservation, boolean _) -> reservation;
      case Refused refused -> throw new AssertionError(refused.message());
      case NoRoom _, ReservationOutcome.CapacityIs _, ReservationOutcome.Settled _ ->
          throw new AssertionError("no room");
    };
  }

  private ReservationStatus status(String name) {
    return reservations.find(key(name)).orElseThrow().reservation().status();
  }

  private int missing(String name) {
    return reservations.find(key(name)).orElseThrow().missingSessions();
  }

  private int using(String name) {
    return reservations.find(key(name)).orElseThrow().usingSessions();
  }

  private Reservation stored(String name) {
    return store.pools().getFirst().reservations().stream()
        .filter(kept -> kept.key().equals(key(name)))
        .findFirst()
        .orElseThrow();
  }

  private PoolCalendar calendar() {
    return reservations.calendar(null).orElseThrow();
  }

  private static ReservationKey key(String name) {
    return new ReservationKey(ALICE, id(name));
  }

  private static ReservationId id(String name) {
    return new ReservationId(name);
  }

  private static SessionId session(int number) {
    return new SessionId("sess_" + "%024d".formatted(number));
  }
}
