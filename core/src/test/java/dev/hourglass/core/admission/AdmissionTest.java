package dev.hourglass.core.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.hourglass.core.admission.Applicant.Standing;
import dev.hourglass.core.admission.Rejection.TicketFault;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdmissionTest {
  private static final TenantId A = new TenantId("a");
  private static final TenantId B = new TenantId("b");
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTimeline timeline = new ManualTimeline();
  private final Pool pool = new Pool();
  private Admission admission = admission(AdmissionSettings.DEFAULTS);
  private int bodies;

  private Admission admission(AdmissionSettings settings) {
    return new Admission(settings, pool, timeline, new SplittableRandom(1));
  }

  /** What a test says about the pool. */
  private static final class Pool implements CapacityView {
    private int slots = 2;
    private double sheddableQuota = 1;
    private int setAside;
    private boolean kvShort;
    private @Nullable Duration calm;

    @Override
    public int slots() {
      return slots;
    }

    @Override
    public double quota(Criticality criticality) {
      return criticality == Criticality.SHEDDABLE ? sheddableQuota : 1;
    }

    @Override
    public int setAsideSlots() {
      return setAside;
    }

    @Override
    public boolean kvShort() {
      return kvShort;
    }

    @Override
    public Optional<Duration> untilCalm() {
      return Optional.ofNullable(calm);
    }
  }

  /** A turn, and what it has been told. */
  private final class Turn implements Candidate {
    private @Nullable Permit permit;
    private @Nullable Rejection rejection;
    private @Nullable Place place;

    @Override
    public void admitted(Permit given) {
      assertThat(told()).isFalse();
      permit = given;
    }

    @Override
    public void refused(Rejection reason) {
      assertThat(told()).isFalse();
      rejection = reason;
    }

    private boolean told() {
      return permit != null || rejection != null;
    }

    Turn apply(Applicant applicant) {
      switch (admission.apply(applicant, this)) {
        case Decision.Admitted(Permit given) -> admitted(given);
        case Decision.Refused(Rejection reason) -> refused(reason);
        case Decision.Waits(Place taken) -> place = taken;
      }
      return this;
    }

    boolean runs() {
      return permit != null;
    }

    boolean waits() {
      return place != null && !told();
    }

    void ends() {
      Objects.requireNonNull(permit).close();
    }

    Rejection.ComeBack comeBack() {
      assertThat(rejection).isInstanceOf(Rejection.ComeBack.class);
      return (Rejection.ComeBack) Objects.requireNonNull(rejection);
    }

    String ticket() {
      return comeBack().ticket();
    }

    TicketFault fault() {
      assertThat(rejection).isInstanceOf(Rejection.BadTicket.class);
      return ((Rejection.BadTicket) Objects.requireNonNull(rejection)).fault();
    }
  }

  private Turn comes() {
    return comes(Criticality.STANDARD, Standing.NEW_SESSION);
  }

  private Turn comes(Criticality criticality, Standing standing) {
    return new Turn().apply(applicant(A, criticality, standing, null, newBody()));
  }

  private Turn comesWith(TenantId tenant, String ticket) {
    return new Turn()
        .apply(applicant(tenant, Criticality.STANDARD, Standing.NEW_SESSION, ticket, newBody()));
  }

  private Turn sends(TenantId tenant, BodyHash body) {
    return new Turn()
        .apply(applicant(tenant, Criticality.STANDARD, Standing.NEW_SESSION, null, body));
  }

  private static Applicant applicant(
      TenantId tenant,
      Criticality criticality,
      Standing standing,
      @Nullable String ticket,
      BodyHash body) {
    return new Applicant(tenant, criticality, standing, ticket, false, () -> body);
  }

  private BodyHash newBody() {
    return new BodyHash("%064d".formatted(bodies++));
  }

  /** Both slots are busy, and a turn is known to take so long. */
  private List<Turn> busyWithTurnsOf(Duration service) {
    List<Turn> first = List.of(comes(), comes());
    timeline.pass(service);
    first.forEach(Turn::ends);
    return List.of(comes(), comes());
  }

  // --- waiting ---------------------------------------------------------------------------------

  @Test
  void letsInUpToItsSlotsAndTheRestInTheOrderOfComing() {
    List<Turn> running = busyWithTurnsOf(SECOND);
    Turn next = comes();
    Turn last = comes();

    assertThat(running).allMatch(Turn::runs);
    assertThat(next.waits()).isTrue();
    running.getFirst().ends();
    assertThat(next.runs()).isTrue();
    assertThat(last.waits()).isTrue();
  }

  @Test
  void aSlotComesBackOnceHoweverOftenItIsClosed() {
    List<Turn> running = busyWithTurnsOf(SECOND);
    running.getFirst().ends();
    running.getFirst().ends();

    assertThat(admission.stats().busySlots()).isEqualTo(1);
  }

  @Test
  void whoLeavesTheWaitingRoomFreesThePlaceAtOnce() {
    List<Turn> running = busyWithTurnsOf(SECOND);
    Turn leaver = comes();
    Turn next = comes();

    assertThat(Objects.requireNonNull(leaver.place).leave()).isTrue();
    assertThat(Objects.requireNonNull(leaver.place).leave()).isFalse();
    running.getFirst().ends();

    assertThat(next.runs()).isTrue();
    assertThat(leaver.told()).isFalse();
    assertThat(admission.stats().leftWaiting()).isEqualTo(1);
  }

  @Test
  void nobodyWaitsForLongerThanTwoSeconds() {
    busyWithTurnsOf(SECOND);
    Turn waiting = comes();
    timeline.pass(Duration.ofMillis(1_999));
    assertThat(waiting.waits()).isTrue();
    timeline.pass(Duration.ofMillis(1));

    // One turn before it would take half a second; hints are whole seconds.
    assertThat(waiting.comeBack().retryAfter()).isEqualTo(SECOND);
  }

  @Test
  void onlyAsManyWaitAsShouldGetInWithinTwoSeconds() {
    busyWithTurnsOf(SECOND);
    // Two slots, a turn a second: four get in within two seconds.
    for (int turn = 0; turn < 4; turn++) {
      assertThat(comes().waits()).isTrue();
    }
    assertThat(comes().comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void theWaitingRoomIsBounded() {
    admission =
        admission(
            new AdmissionSettings(Duration.ofSeconds(2), Duration.ofSeconds(15), SECOND, 1, 10));
    busyWithTurnsOf(SECOND);

    assertThat(comes().waits()).isTrue();
    assertThat(comes().comeBack().retryAfter()).isEqualTo(SECOND);
  }

  @Test
  void moreSlotsLetThoseInWhoWait() {
    busyWithTurnsOf(SECOND);
    Turn waiting = comes();
    pool.slots = 3;
    admission.capacityChanged();

    assertThat(waiting.runs()).isTrue();
  }

  // --- tickets ---------------------------------------------------------------------------------

  @Test
  void hintsCountWhoeverIsBefore() {
    busyWithTurnsOf(Duration.ofSeconds(4));
    Turn first = comes();
    // One turn ends every two seconds: one may wait, and each further one comes two seconds later.
    assertThat(first.waits()).isTrue();
    assertThat(comes().comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(4));
    assertThat(comes().comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(6));
    assertThat(comes().comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(8));
  }

  @Test
  void beforeAnyTurnEndsHintsFollowHowLongTheFirstHaveRun() {
    comes();
    comes();
    // Guessed at a second each, four fit into two seconds.
    for (int turn = 0; turn < 4; turn++) {
      assertThat(comes().waits()).isTrue();
    }
    timeline.pass(Duration.ofSeconds(6));

    assertThat(comes().comeBack().retryAfter())
        .as("four who were sent away are before it, two slots, 6 s each at least")
        .isEqualTo(Duration.ofSeconds(15));
  }

  @Test
  void aTicketKeepsThePlaceBeforeThoseWhoCameLater() {
    List<Turn> running = busyWithTurnsOf(Duration.ofSeconds(4));
    Turn early = comes();
    Turn later = comes();
    timeline.pass(Duration.ofSeconds(4));
    early = comesWith(A, early.ticket());
    Turn newcomer = comes();
    Turn back = comesWith(A, later.ticket());

    assertThat(newcomer.comeBack()).isNotNull();
    assertThat(List.of(early, back)).allMatch(Turn::waits);
    running.getFirst().ends();
    assertThat(early.runs()).isTrue();
    running.getLast().ends();
    assertThat(back.runs()).isTrue();
    assertThat(admission.stats().hintHits()).isEqualTo(2);
  }

  @Test
  void noSlotIsKeptIdleForWhoeverHasATicket() {
    List<Turn> running = busyWithTurnsOf(Duration.ofSeconds(10));
    comes();
    assertThat(admission.stats().tickets()).isEqualTo(1);
    running.getFirst().ends();

    assertThat(comes().runs()).isTrue();
  }

  @Test
  void aMissedHintKeepsThePlaceAndMakesLaterHintsMoreCareful() {
    busyWithTurnsOf(Duration.ofSeconds(6));
    Turn first = comes();
    Turn second = comes();
    timeline.pass(first.comeBack().retryAfter());
    first = comesWith(A, first.ticket());
    timeline.pass(Duration.ofSeconds(2));

    assertThat(first.comeBack().retryAfter())
        .as("still the first")
        .isEqualTo(Duration.ofSeconds(4));
    assertThat(second.comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(6));
    assertThat(admission.stats().hintMisses()).isEqualTo(1);
    assertThat(admission.stats().hintMargin()).isPositive();
  }

  @Test
  void whatBecameOfHintsIsKept() {
    List<Turn> running = busyWithTurnsOf(Duration.ofSeconds(6));
    Turn kept = comes();
    Turn broken = comes();
    Turn unused = comes();
    assertThat(outcomes())
        .containsExactly(Hint.Outcome.PENDING, Hint.Outcome.PENDING, Hint.Outcome.PENDING);

    timeline.pass(kept.comeBack().retryAfter());
    comesWith(A, kept.ticket());
    running.getFirst().ends();
    timeline.pass(broken.comeBack().retryAfter().minus(kept.comeBack().retryAfter()));
    broken = comesWith(A, broken.ticket());
    timeline.pass(Duration.ofSeconds(2));
    assertThat(broken.comeBack()).isNotNull();
    timeline.pass(unused.comeBack().retryAfter().plusSeconds(6));

    // The newest is what the broken one was told instead.
    assertThat(outcomes())
        .containsExactly(
            Hint.Outcome.UNUSED, Hint.Outcome.UNUSED, Hint.Outcome.BROKEN, Hint.Outcome.CAME_TRUE);
    assertThat(admission.latestHints()).allMatch(Hint::placeKept);
  }

  private List<Hint.Outcome> outcomes() {
    return admission.latestHints().stream().map(Hint::outcome).toList();
  }

  @Test
  void aTicketIsGoodForOneUse() {
    busyWithTurnsOf(Duration.ofSeconds(6));
    String ticket = comes().ticket();
    timeline.pass(Duration.ofSeconds(3));

    assertThat(comesWith(A, ticket).waits()).isTrue();
    assertThat(comesWith(A, ticket).fault()).isEqualTo(TicketFault.USED);
  }

  @Test
  void aTicketOfAnotherTenantIsUnknownAndStaysGoodForItsOwn() {
    busyWithTurnsOf(Duration.ofSeconds(6));
    String ticket = comes().ticket();
    timeline.pass(Duration.ofSeconds(3));

    assertThat(comesWith(B, ticket).fault()).isEqualTo(TicketFault.UNKNOWN);
    assertThat(comesWith(A, ticket).waits()).isTrue();
  }

  @Test
  void noLetterOfATicketCanBeChanged() {
    busyWithTurnsOf(Duration.ofSeconds(6));
    String ticket = comes().ticket();
    timeline.pass(Duration.ofSeconds(3));
    AdmissionStats before = admission.stats();
    for (int index = 0; index < ticket.length(); index++) {
      char other = ticket.charAt(index) == 'A' ? 'Q' : 'A';
      String forged = ticket.substring(0, index) + other + ticket.substring(index + 1);
      assertThat(comesWith(A, forged).fault()).isEqualTo(TicketFault.UNKNOWN);
    }
    assertThat(admission.stats().tickets()).isEqualTo(before.tickets());
    assertThat(admission.stats().waiting()).isEqualTo(before.waiting());
    assertThat(comesWith(A, ticket).waits()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "not base64!", "QUFBQQ", "ÄÖÜ"})
  void whatIsNoTicketIsUnknown(String text) {
    assertThat(comesWith(A, text).fault()).isEqualTo(TicketFault.UNKNOWN);
    assertThat(comesWith(A, "A".repeat(100_000)).fault()).isEqualTo(TicketFault.UNKNOWN);
  }

  @Test
  void aTicketExpiresSomeTimeAfterItsHour() {
    busyWithTurnsOf(Duration.ofSeconds(6));
    Turn refused = comes();
    Duration good = refused.comeBack().retryAfter().plus(AdmissionSettings.DEFAULTS.ticketGrace());
    timeline.pass(good);

    assertThat(admission.stats().tickets()).isZero();
    assertThat(admission.stats().ticketsExpired()).isEqualTo(1);
    assertThat(comesWith(A, refused.ticket()).fault()).isEqualTo(TicketFault.EXPIRED);
  }

  @Test
  void aBodySentAgainWhenItWasToldToStandsForItsTicket() {
    List<Turn> running = busyWithTurnsOf(Duration.ofSeconds(4));
    BodyHash same = newBody();
    comes();
    Turn refused = sends(A, same);
    timeline.pass(refused.comeBack().retryAfter());
    running.getFirst().ends();
    List<Turn> busyAgain = List.of(comes());
    Turn stranger = sends(B, same);
    Turn back = sends(A, same);

    assertThat(back.waits()).as("has a place before the stranger").isTrue();
    busyAgain.getFirst().ends();
    assertThat(back.runs()).isTrue();
    assertThat(stranger.runs()).isFalse();
    assertThat(comesWith(A, refused.ticket()).fault()).isEqualTo(TicketFault.USED);
  }

  @Test
  void theSameBodySentTooEarlyIsAnotherTurn() {
    busyWithTurnsOf(Duration.ofSeconds(8));
    BodyHash same = newBody();
    Turn first = sends(A, same);
    Turn twin = sends(A, same);

    assertThat(first.comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(4));
    assertThat(twin.comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(8));
    assertThat(admission.stats().tickets()).isEqualTo(2);
  }

  @Test
  void aBodyThatIsSaidToBeSentAgainKeepsItsPlaceHoweverEarly() {
    busyWithTurnsOf(Duration.ofSeconds(8));
    BodyHash same = newBody();
    sends(A, same);
    comes();
    Turn early =
        new Turn()
            .apply(
                new Applicant(
                    A, Criticality.STANDARD, Standing.NEW_SESSION, null, true, () -> same));

    assertThat(early.comeBack().retryAfter())
        .as("still the first")
        .isEqualTo(Duration.ofSeconds(4));
    assertThat(admission.stats().tickets()).isEqualTo(2);
    assertThat(admission.stats().hintMisses()).as("it was told to come later").isZero();
  }

  @Test
  void beyondTheHorizonThereIsNoTicket() {
    busyWithTurnsOf(Duration.ofSeconds(12));
    assertThat(comes().comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(6));
    assertThat(comes().comeBack().retryAfter()).isEqualTo(Duration.ofSeconds(12));
    pool.calm = Duration.ofSeconds(42);

    assertThat(comes().rejection).isEqualTo(new Rejection.TooFarOff(Duration.ofSeconds(42)));
    assertThat(admission.stats().tickets()).isEqualTo(2);
  }

  @Test
  void aFarHintIsTriedOutWhenItsTimeComes() {
    List<Turn> running = busyWithTurnsOf(Duration.ofSeconds(40));
    pool.calm = Duration.ofSeconds(20);
    assertThat(comes().rejection).isInstanceOf(Rejection.TooFarOff.class);
    timeline.pass(Duration.ofSeconds(20));
    assertThat(admission.stats().farHintMisses()).isEqualTo(1);

    assertThat(comes().rejection).isInstanceOf(Rejection.TooFarOff.class);
    running.forEach(Turn::ends);
    timeline.pass(Duration.ofMinutes(1));
    assertThat(admission.stats().farHintHits()).isEqualTo(1);
  }

  @Test
  void placesAreKeptForABoundedNumber() {
    admission =
        admission(new AdmissionSettings(Duration.ZERO, Duration.ofMinutes(5), SECOND, 10, 3));
    busyWithTurnsOf(SECOND);
    for (int turn = 0; turn < 3; turn++) {
      assertThat(comes().comeBack()).isNotNull();
    }
    assertThat(comes().rejection).isInstanceOf(Rejection.TooFarOff.class);
  }

  // --- the door --------------------------------------------------------------------------------

  @Test
  void turnsAwayOnlyWhoWouldBeRefusedWhateverTheyAre() {
    assertThat(turnedAway(null)).isEmpty();
    busyWithTurnsOf(Duration.ofSeconds(6));
    assertThat(admission.stats().tickets()).isZero();

    Optional<Rejection> turnedAway = turnedAway(null);
    assertThat(turnedAway).get().isInstanceOf(Rejection.ComeBack.class);
    String ticket = ((Rejection.ComeBack) turnedAway.orElseThrow()).ticket();
    assertThat(turnedAway(ticket)).isEmpty();
    assertThat(turnedAway("forged")).contains(new Rejection.BadTicket(TicketFault.UNKNOWN));
    timeline.pass(Duration.ofSeconds(3));
    assertThat(comesWith(A, ticket).waits()).isTrue();
  }

  private Optional<Rejection> turnedAway(@Nullable String ticket) {
    return admission.turnAway(
        applicant(A, Criticality.STANDARD, Standing.NEW_SESSION, ticket, newBody()));
  }

  // --- who comes first -------------------------------------------------------------------------

  @Test
  void theMoreCriticalGoFirst() {
    List<Turn> running = busyWithTurnsOf(SECOND);
    Turn sheddable = comes(Criticality.SHEDDABLE, Standing.LIVE_SESSION);
    Turn standard = comes(Criticality.STANDARD, Standing.LIVE_SESSION);
    Turn critical = comes(Criticality.CRITICAL, Standing.LIVE_SESSION);

    running.getFirst().ends();
    assertThat(critical.runs()).isTrue();
    running.getLast().ends();
    assertThat(standard.runs()).isTrue();
    assertThat(sheddable.waits()).isTrue();
  }

  @Test
  void aClassIsHeldToItsQuotaAndDoesNotBlockOthers() {
    pool.sheddableQuota = 0.5;
    assertThat(comes(Criticality.SHEDDABLE, Standing.NEW_SESSION).runs()).isTrue();
    Turn second = comes(Criticality.SHEDDABLE, Standing.NEW_SESSION);
    assertThat(second.waits()).isTrue();
    assertThat(comes().runs()).isTrue();
  }

  @Test
  void liveSessionsComeBeforeNewOnesOnlyWhileKvIsShort() {
    List<Turn> running = busyWithTurnsOf(SECOND);
    Turn fresh = comes(Criticality.STANDARD, Standing.NEW_SESSION);
    Turn live = comes(Criticality.STANDARD, Standing.LIVE_SESSION);
    pool.kvShort = true;
    running.getFirst().ends();
    assertThat(live.runs()).isTrue();
    pool.kvShort = false;
    Turn secondLive = comes(Criticality.STANDARD, Standing.LIVE_SESSION);
    running.getLast().ends();
    assertThat(fresh.runs()).isTrue();
    assertThat(secondLive.waits()).isTrue();
  }

  @Test
  void whatIsReservedIsSetAsideForThoseWhoReservedIt() {
    pool.setAside = 1;
    assertThat(comes().runs()).isTrue();
    Turn other = comes();
    assertThat(other.runs()).isFalse();
    Turn holder = comes(Criticality.STANDARD, Standing.RESERVED);
    assertThat(holder.runs()).isTrue();
    holder.ends();
    assertThat(other.runs()).as("still set aside").isFalse();
    pool.setAside = 0;
    admission.capacityChanged();
    assertThat(other.runs()).isTrue();
  }

  @Test
  void othersYieldToAReservationWithinOneTurn() {
    List<Turn> running = busyWithTurnsOf(SECOND);
    Turn critical = comes(Criticality.CRITICAL, Standing.LIVE_SESSION);
    Turn holder = comes(Criticality.SHEDDABLE, Standing.RESERVED);
    running.getFirst().ends();

    assertThat(holder.runs()).isTrue();
    assertThat(critical.waits()).isTrue();
  }

  // --- all at once -----------------------------------------------------------------------------

  @Test
  void underContentionSlotsAreNeverOversoldAndNoneIsLost() throws Exception {
    pool.slots = 3;
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    int turns = 2_000;
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      List<BodyHash> hashes = new ArrayList<>();
      for (int turn = 0; turn < turns; turn++) {
        hashes.add(newBody());
      }
      for (BodyHash body : hashes) {
        threads.execute(() -> new Crowd(inside, most, ended).apply(admission, body));
      }
    }
    assertThat(most.get()).isBetween(1, 3);
    assertThat(ended.get() + admission.stats().toldToComeBack() + admission.stats().tooFarOff())
        .isEqualTo(turns);
    assertThat(admission.stats().busySlots()).isZero();
    assertThat(admission.stats().waiting()).isZero();
  }

  /** A turn that ends as soon as it is let in. */
  private record Crowd(AtomicInteger inside, AtomicInteger most, AtomicInteger ended)
      implements Candidate {
    void apply(Admission admission, BodyHash body) {
      Decision decision =
          admission.apply(
              applicant(A, Criticality.STANDARD, Standing.NEW_SESSION, null, body), this);
      if (decision instanceof Decision.Admitted(Permit permit)) {
        admitted(permit);
      }
    }

    @Override
    public void admitted(Permit permit) {
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      Thread.onSpinWait();
      inside.decrementAndGet();
      ended.incrementAndGet();
      permit.close();
    }

    @Override
    public void refused(Rejection rejection) {
      throw new AssertionError("time does not pass here: " + rejection);
    }
  }

  @Test
  void settingsAreValidated() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdmissionSettings(SECOND, Duration.ZERO, SECOND, 1, 1))
        .withMessage("horizon: 0ms (expected: >= 1000ms)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdmissionSettings(SECOND, SECOND, SECOND, -1, 1))
        .withMessage("most waiting: -1 (expected: >= 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CapacityView.of(0))
        .withMessage("slots: 0 (expected: >= 1)");
  }
}
