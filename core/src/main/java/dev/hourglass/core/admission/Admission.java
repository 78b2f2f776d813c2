package dev.hourglass.core.admission;

import dev.hourglass.core.admission.Applicant.Standing;
import dev.hourglass.core.admission.OutstandingTickets.Redemption;
import dev.hourglass.core.admission.OutstandingTickets.Ticket;
import dev.hourglass.core.admission.Rejection.TicketFault;
import dev.hourglass.core.load.limit.Criticality;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides who gets in next: the admission of one pool.
 *
 * <p>A turn is let in while its class has a free slot and nobody stands before it. Else it waits
 * here, for 2 s at most, if what can come before it in that time is done by then: those who wait,
 * and those whose kept places fall due meanwhile. Else it is told when to come back, and a ticket
 * keeps its place:
 *
 * <pre>RA = ⌈(waiting + outstanding tickets + 1) · (ŝ / C) · (1 + z)⌉ seconds</pre>
 *
 * where only those count who are before it, ŝ is the mean time that a turn holds a slot, C the
 * slots of its class, and z a margin that integrates the outcomes of earlier hints ({@link
 * HintMargin}). Whoever comes back waits at the old place and again for 2 s at most, so a hint may
 * be off by that much and still come true. No slot is kept idle for those who are to come: when
 * nobody with a place is here, whoever is here goes in.
 *
 * <p>Beyond a horizon of 15 s nobody is given a place. Such a hint says when the line should be
 * short again, is tried out here when its time comes, and has a margin of its own.
 *
 * <p>Reserved slots are anybody's until the first turn of their reservation calls for them; from
 * then on they are set aside, also between its turns. A reserved turn goes before all others, and
 * so never waits for longer than until the next turn ends.
 *
 * <p>All decisions are taken under one lock, from memory. Candidates are told after it is free.
 */
public final class Admission {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MOST_MARGIN = 3;

  /** A client's clock, its timers and its way here: so much before its time a client is due. */
  private static final Duration EARLY = Duration.ofSeconds(1);

  private static final double MOST_FAR_MARGIN = 40;
  private static final Duration LONGEST_FAR_HINT = Duration.ofMinutes(10);

  /** Hints on trial at once; more of them would say the same. */
  private static final int MOST_FAR_HINTS_ON_TRIAL = 1_000;

  private static final double MOST_UTILISATION = 0.99;
  private static final double ROUNDING = 1e-9;

  private final AdmissionSettings settings;
  private final CapacityView capacity;
  private final Timeline timeline;

  // Guarded by this.
  private final WaitingRoom room = new WaitingRoom();
  private final OutstandingTickets tickets;
  private final ServiceTime service = new ServiceTime();
  private final ArrivalRate arrivals = new ArrivalRate();
  private final HintMargin margin = new HintMargin(MOST_MARGIN);
  private final HintMargin farMargin = new HintMargin(MOST_FAR_MARGIN);
  private final HintLog hints = new HintLog();
  private int busySlots;
  private long nextPlace;
  private int farHintsOnTrial;
  private long admittedAtOnce;
  private long admittedAfterWaiting;
  private long toldToComeBack;
  private long tooFarOff;
  private long badTickets;
  private long leftWaiting;

  /**
   * Creates the admission of a pool.
   *
   * @param secureRandom draws the key that tickets are sealed with
   */
  public Admission(
      AdmissionSettings settings,
      CapacityView capacity,
      Timeline timeline,
      RandomGenerator secureRandom) {
    this.settings = settings;
    this.capacity = capacity;
    this.timeline = timeline;
    this.tickets =
        new OutstandingTickets(
            settings.mostTickets(),
            settings.longestWait().toNanos(),
            settings.ticketGrace().toNanos(),
            secureRandom,
            place -> hints.became(place, Hint.Outcome.UNUSED));
  }

  // --- coming ----------------------------------------------------------------------------------

  /**
   * Asks for a slot.
   *
   * @param candidate told the rest where the answer is {@link Decision.Waits}
   */
  public Decision apply(Applicant applicant, Candidate candidate) {
    BodyHash body = bodyIfNeeded(applicant);
    List<Runnable> news = new ArrayList<>();
    Decision decision;
    synchronized (this) {
      decision = decide(applicant, body, candidate, news);
    }
    news.forEach(Runnable::run);
    return decision;
  }

  /**
   * Refuses a turn that would be refused whatever it is part of, so that its body need not be read
   * first; empty where that is not certain.
   */
  public Optional<Rejection> turnAway(Applicant applicant) {
    BodyHash body = bodyIfNeeded(applicant);
    synchronized (this) {
      long now = timeline.nanos();
      tickets.passTo(now);
      if (applicant.ticket() != null) {
        return switch (tickets.look(applicant.ticket(), applicant.tenant(), now)) {
          case Redemption.Redeemed _ -> Optional.empty();
          case Redemption.Fault(TicketFault fault) -> Optional.of(badTicket(fault));
        };
      }
      if (kept(applicant, body, now).isPresent() || wouldTake(applicant.criticality())) {
        return Optional.empty();
      }
      arrivals.arrived(now);
      return Optional.of(reject(newcomer(applicant, body, new TurnedAway()), now));
    }
  }

  /** Stands for those who are refused before they could wait. */
  private record TurnedAway() implements Candidate {
    @Override
    public void admitted(Permit permit) {
      throw new IllegalStateException("who is turned away does not wait");
    }

    @Override
    public void refused(Rejection rejection) {
      throw new IllegalStateException("who is turned away is answered at once");
    }
  }

  /** Hashing a body takes longer than a decision: it is done before, and only in a crowd. */
  private @Nullable BodyHash bodyIfNeeded(Applicant applicant) {
    boolean crowded;
    synchronized (this) {
      crowded = busySlots >= slots() || tickets.size() > 0;
    }
    return crowded && applicant.ticket() == null ? applicant.body().get() : null;
  }

  private Decision decide(
      Applicant applicant, @Nullable BodyHash body, Candidate candidate, List<Runnable> news) {
    long now = timeline.nanos();
    tickets.passTo(now);
    Waiter waiter;
    if (applicant.ticket() != null) {
      switch (tickets.look(applicant.ticket(), applicant.tenant(), now)) {
        case Redemption.Redeemed(Ticket ticket) ->
            waiter = returning(applicant, ticket, candidate, now);
        case Redemption.Fault(TicketFault fault) -> {
          return new Decision.Refused(badTicket(fault));
        }
      }
    } else {
      Optional<Ticket> kept = kept(applicant, body, now);
      if (kept.isPresent()) {
        waiter = returning(applicant, kept.get(), candidate, now);
      } else {
        arrivals.arrived(now);
        waiter = newcomer(applicant, body, candidate);
      }
    }
    return seat(waiter, now, news);
  }

  /** The place that is kept for a body: about its time, or when the client says that it is back. */
  private Optional<Ticket> kept(Applicant applicant, @Nullable BodyHash body, long now) {
    return body == null
        ? Optional.empty()
        : tickets.look(
            applicant.tenant(), body, applicant.resent() ? Long.MAX_VALUE : now + EARLY.toNanos());
  }

  private Waiter newcomer(Applicant applicant, @Nullable BodyHash body, Candidate candidate) {
    return new Waiter(
        applicant.tenant(),
        applicant.criticality(),
        applicant.standing(),
        nextPlace++,
        false,
        false,
        body,
        applicant,
        candidate);
  }

  private Waiter returning(Applicant applicant, Ticket ticket, Candidate candidate, long now) {
    tickets.use(ticket);
    return new Waiter(
        applicant.tenant(),
        ticket.criticality(),
        applicant.standing(),
        ticket.place(),
        true,
        ticket.isDue(now),
        ticket.body(),
        applicant,
        candidate);
  }

  private Decision seat(Waiter waiter, long now, List<Runnable> news) {
    room.add(waiter);
    Permit own = null;
    for (Admittance admittance : letIn(now)) {
      if (admittance.waiter.place() == waiter.place()) {
        own = admittance.permit;
      } else {
        admittedAfterWaiting++;
        news.add(admittance::tell);
      }
    }
    if (own != null) {
      admittedAtOnce++;
      return new Decision.Admitted(own);
    }
    if (!mayWait(waiter)) {
      room.remove(waiter);
      return new Decision.Refused(reject(waiter, now));
    }
    timeline.after(settings.longestWait(), () -> waitedLongest(waiter));
    return new Decision.Waits(() -> leave(waiter));
  }

  /** Whoever was told to come now has waited for it; any other must be likely to get in. */
  private boolean mayWait(Waiter waiter) {
    if (room.size() > settings.mostWaiting()) {
      return false;
    }
    return waiter.promised()
        || waiter.standing() == Standing.RESERVED
        || fitsLongestWait(
            room.aheadOf(waiter, capacity.kvShort()) + tickets.soonUpTo(waiter.criticality()),
            waiter.criticality());
  }

  private boolean fitsLongestWait(int ahead, Criticality criticality) {
    return waitSeconds(ahead, criticality) <= settings.longestWait().toNanos() / NANOS_PER_SECOND;
  }

  /** Whether a turn of that class, not asked to come, would be let in or could wait now. */
  public synchronized boolean wouldTake(Criticality criticality) {
    tickets.passTo(timeline.nanos());
    int ahead = room.aheadOfNext(criticality);
    return (ahead == 0 && busySlots < limit(criticality))
        || (room.size() < settings.mostWaiting()
            && fitsLongestWait(ahead + tickets.soonUpTo(criticality), criticality));
  }

  // --- going in --------------------------------------------------------------------------------

  /** Somebody who may go in and has not been told yet. */
  private record Admittance(Waiter waiter, Permit permit) {
    void tell() {
      waiter.candidate().admitted(permit);
    }
  }

  private List<Admittance> letIn(long now) {
    List<Admittance> admitted = new ArrayList<>();
    for (Optional<Waiter> next = next(); next.isPresent(); next = next()) {
      Waiter waiter = next.get();
      room.remove(waiter);
      busySlots++;
      service.began(now);
      if (waiter.promised()) {
        margin.outcome(true);
      }
      if (waiter.returning()) {
        hints.became(waiter.place(), Hint.Outcome.CAME_TRUE);
      }
      admitted.add(new Admittance(waiter, new Permit(this, now)));
    }
    return admitted;
  }

  private Optional<Waiter> next() {
    if (room.size() == 0) {
      return Optional.empty();
    }
    Optional<Waiter> reserved = busySlots < slots() ? room.firstReserved() : Optional.empty();
    if (reserved.isPresent()) {
      return reserved;
    }
    boolean kvShort = capacity.kvShort();
    for (Criticality criticality : Criticality.values()) {
      if (busySlots < limit(criticality)) {
        Optional<Waiter> first = room.first(criticality, kvShort);
        if (first.isPresent()) {
          return first;
        }
      }
    }
    return Optional.empty();
  }

  void slotFreed(Permit permit) {
    synchronized (this) {
      busySlots--;
      service.ended(permit.sinceNanos(), timeline.nanos());
    }
    capacityChanged();
  }

  /** Looks who may go in now, since capacity may have changed. */
  public void capacityChanged() {
    List<Admittance> admitted;
    synchronized (this) {
      admitted = letIn(timeline.nanos());
      admittedAfterWaiting += admitted.size();
    }
    admitted.forEach(Admittance::tell);
  }

  // --- going away ------------------------------------------------------------------------------

  private boolean leave(Waiter waiter) {
    synchronized (this) {
      if (!room.remove(waiter)) {
        return false;
      }
      leftWaiting++;
      if (waiter.returning()) {
        hints.became(waiter.place(), Hint.Outcome.UNUSED);
      }
      return true;
    }
  }

  private void waitedLongest(Waiter waiter) {
    Rejection rejection;
    synchronized (this) {
      if (!room.remove(waiter)) {
        return;
      }
      if (waiter.promised()) {
        margin.outcome(false);
        hints.became(waiter.place(), Hint.Outcome.BROKEN);
      }
      long now = timeline.nanos();
      tickets.passTo(now);
      rejection = reject(waiter, now);
    }
    waiter.candidate().refused(rejection);
  }

  /** Whoever is refused with a kept place keeps it, whatever the horizon. */
  private Rejection reject(Waiter waiter, long now) {
    double wait = waitSeconds(ahead(waiter), waiter.criticality());
    Duration retryAfter = wholeSeconds(wait * (1 + margin.share()));
    boolean tooFar = retryAfter.compareTo(settings.horizon()) > 0 && !waiter.returning();
    if (tooFar || tickets.isFull()) {
      tooFarOff++;
      return new Rejection.TooFarOff(farHint(wait, waiter, now));
    }
    toldToComeBack++;
    hints.given(waiter.place(), retryAfter, true, now);
    return new Rejection.ComeBack(
        retryAfter,
        tickets.issue(
            waiter.place(),
            waiter.criticality(),
            waiter.tenant(),
            waiter.bodyHash(),
            now + retryAfter.toNanos()));
  }

  /** Those who wait or have a ticket, and are before one who is not in the room (any more). */
  private int ahead(Waiter waiter) {
    boolean newest = waiter.place() == nextPlace - 1;
    return room.aheadOf(waiter, capacity.kvShort())
        + (newest
            ? tickets.upTo(waiter.criticality())
            : tickets.aheadOf(waiter.criticality(), waiter.place()));
  }

  private Rejection badTicket(TicketFault fault) {
    badTickets++;
    return new Rejection.BadTicket(fault);
  }

  // --- hints beyond the horizon ----------------------------------------------------------------

  /**
   * When the line should be short enough again: predicted from outside, or else when what is here
   * has gone at the present rate of coming and going.
   */
  private Duration farHint(double waitSeconds, Waiter waiter, long now) {
    Criticality criticality = waiter.criticality();
    double secondsEach = waitSeconds(0, criticality);
    double drained =
        (waitSeconds + farHintsOnTrial * secondsEach)
            / (1 - Math.min(arrivals.at(now) * secondsEach, MOST_UTILISATION));
    double calm =
        capacity
            .untilCalm()
            .map(until -> Math.max(waitSeconds, until.toNanos() / NANOS_PER_SECOND))
            .orElse(drained);
    Duration hint = wholeSeconds(calm * (1 + farMargin.share()));
    Duration least = settings.horizon().plusSeconds(1);
    Duration retryAfter =
        hint.compareTo(least) < 0
            ? least
            : hint.compareTo(LONGEST_FAR_HINT) > 0 ? LONGEST_FAR_HINT : hint;
    if (farHintsOnTrial < MOST_FAR_HINTS_ON_TRIAL) {
      farHintsOnTrial++;
      hints.given(waiter.place(), retryAfter, false, now);
      timeline.after(retryAfter, () -> tryFarHint(waiter.place(), criticality));
    }
    return retryAfter;
  }

  private synchronized void tryFarHint(long place, Criticality criticality) {
    farHintsOnTrial--;
    boolean hit = wouldTake(criticality);
    farMargin.outcome(hit);
    hints.became(place, hit ? Hint.Outcome.CAME_TRUE : Hint.Outcome.BROKEN);
  }

  // --- how much there is -----------------------------------------------------------------------

  private int slots() {
    return Math.max(1, capacity.slots());
  }

  /** Up to how many busy slots turns of that class are let in. */
  private int limit(Criticality criticality) {
    int slots = slots();
    // Rounded: the few hundredths that a foreseen overload costs are not worth a slot of a few.
    long quota = Math.round(slots * Math.clamp(capacity.quota(criticality), 0, 1));
    return (int) Math.min(quota, slots - Math.max(0, capacity.setAsideSlots()));
  }

  private double waitSeconds(int ahead, Criticality criticality) {
    return (ahead + 1) * service.seconds(timeline.nanos()) / Math.max(1, limit(criticality));
  }

  private static Duration wholeSeconds(double seconds) {
    return Duration.ofSeconds(Math.max(1, (long) Math.ceil(seconds - ROUNDING)));
  }

  /** The last 50 hints and what became of them, the newest first. */
  public synchronized List<Hint> latestHints() {
    long now = timeline.nanos();
    tickets.passTo(now);
    return hints.latest(now);
  }

  /** How things stand, at one moment. */
  public synchronized AdmissionStats stats() {
    tickets.passTo(timeline.nanos());
    return new AdmissionStats(
        slots(),
        busySlots,
        room.size(),
        tickets.size(),
        service.seconds(timeline.nanos()),
        margin.share(),
        admittedAtOnce,
        admittedAfterWaiting,
        toldToComeBack,
        tooFarOff,
        badTickets,
        leftWaiting,
        tickets.expired(),
        margin.hits(),
        margin.misses(),
        farMargin.hits(),
        farMargin.misses());
  }
}
