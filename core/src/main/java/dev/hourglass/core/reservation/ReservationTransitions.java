package dev.hourglass.core.reservation;

import dev.hourglass.core.reservation.ReservationOutcome.CapacityIs;
import dev.hourglass.core.reservation.ReservationOutcome.Done;
import dev.hourglass.core.reservation.ReservationOutcome.NoRoom;
import dev.hourglass.core.reservation.ReservationOutcome.Reason;
import dev.hourglass.core.reservation.ReservationOutcome.Refused;
import dev.hourglass.core.reservation.ReservationOutcome.Settled;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The way from one calendar to the next: a pure function of the calendar, a command and the time.
 *
 * <p>Whatever is due by then ends first, so that an answer never depends on when somebody last
 * swept. Times may come in any order: a clock that is set back brings nothing back to life, since
 * ends are final, and one that is set forward ends what is due by then.
 *
 * <p>Nothing is ever sold beyond the capacity that the calendar has at that moment. Where capacity
 * shrinks below what was sold, nothing is dropped: {@link PoolCalendar#shortfalls} says who is
 * short of how much, and a hold that would be is not confirmed.
 */
public final class ReservationTransitions {
  private final ReservationRules rules;

  public ReservationTransitions(ReservationRules rules) {
    this.rules = rules;
  }

  /** One step. */
  public Transition apply(PoolCalendar calendar, ReservationCommand command, Instant now) {
    Draft draft = new Draft(calendar);
    if (command instanceof ReservationCommand.Resume) {
      resume(draft, now);
    }
    int ended = settle(draft, now);
    ReservationOutcome outcome =
        switch (command) {
          case ReservationCommand.Hold hold -> hold(draft, hold, now);
          case ReservationCommand.Confirm(var key, var fence) -> confirm(draft, key, fence, now);
          case ReservationCommand.Use(var key) -> use(draft, key, now);
          case ReservationCommand.Release(var key, var fence) -> release(draft, key, fence, now);
          case ReservationCommand.SetCapacity(int sessions) -> setCapacity(draft, sessions);
          case ReservationCommand.Settle _, ReservationCommand.Resume _ -> new Settled(ended);
        };
    return new Transition(draft.calendar, outcome, draft.change(calendar.fence()));
  }

  /** A calendar in the making, within one step. */
  private final class Draft {
    private PoolCalendar calendar;
    private final SequencedMap<ReservationKey, Reservation> written = new LinkedHashMap<>();
    private final SequencedSet<ReservationKey> forgotten = new LinkedHashSet<>();

    private Draft(PoolCalendar calendar) {
      this.calendar = calendar;
    }

    private ReservationChange change(long fenceBefore) {
      return new ReservationChange(
          calendar.pool(),
          fenceBefore,
          calendar.fence(),
          List.copyOf(written.values()),
          List.copyOf(forgotten));
    }

    private long nextFence() {
      return calendar.fence() + 1;
    }

    private Reservation write(Reservation next) {
      calendar = calendar.with(next);
      written.put(next.key(), next);
      forgotten.remove(next.key()); // Its id was free again.
      return next;
    }

    private Reservation move(Reservation reservation, ReservationStatus status, Instant endsAt) {
      Reservation moved = write(reservation.in(status, endsAt, nextFence()));
      if (!status.live() && calendar.endedCount() > rules.endedKept()) {
        forgetOldestEnded();
      }
      return moved;
    }

    private void forgetOldestEnded() {
      Reservation oldest = calendar.oldestEnded();
      if (oldest != null) {
        calendar = calendar.withoutOldestEnded(oldest);
        written.remove(oldest.key());
        forgotten.add(oldest.key());
      }
    }
  }

  // --- what ends by itself ---------------------------------------------------------------------

  private static int settle(Draft draft, Instant now) {
    int ended = 0;
    Reservation next = draft.calendar.nextDue();
    while (next != null && !next.statusEndsAt().isAfter(now)) {
      draft.move(next, endOf(next.status()), next.statusEndsAt());
      ended++;
      next = draft.calendar.nextDue();
    }
    return ended;
  }

  private static ReservationStatus endOf(ReservationStatus status) {
    return switch (status) {
      case HELD -> ReservationStatus.EXPIRED;
      case CONFIRMED -> ReservationStatus.NO_SHOW;
      case ACTIVE -> ReservationStatus.RELEASED;
      case RELEASED, CANCELLED, EXPIRED, NO_SHOW ->
          throw new IllegalStateException(status + " is an end");
    };
  }

  private void resume(Draft draft, Instant now) {
    for (ReservationKey key : draft.calendar.allDue()) {
      Reservation reservation = draft.calendar.find(key).orElseThrow();
      Instant graceEnds = graceEnds(reservation.window(), now);
      if (reservation.status() == ReservationStatus.CONFIRMED
          && graceEnds.isAfter(reservation.statusEndsAt())) {
        draft.move(reservation, ReservationStatus.CONFIRMED, graceEnds);
      }
    }
  }

  /** When a reservation that can be used from an instant on counts as not wanted. */
  private Instant graceEnds(BucketSpan window, Instant usable) {
    return earlier(later(window.start(), usable).plus(rules.noShowGrace()), window.end());
  }

  // --- hold ------------------------------------------------------------------------------------

  private ReservationOutcome hold(Draft draft, ReservationCommand.Hold hold, Instant now) {
    Reservation known = draft.calendar.find(hold.key()).orElse(null);
    if (known != null) {
      return heldBefore(known, hold);
    }
    Refused objection = objection(draft.calendar, hold, now);
    if (objection != null) {
      return objection;
    }
    BucketSpan window = BucketSpan.covering(hold.start(), hold.end());
    Occupancy load = draft.calendar.load();
    if (load.peak(window) + hold.sessions() > draft.calendar.capacity()) {
      return noRoom(draft.calendar, load, window, hold.sessions(), now);
    }
    long fence = draft.nextFence();
    Reservation held =
        new Reservation(
            hold.key(),
            draft.calendar.pool(),
            window,
            hold.sessions(),
            ReservationStatus.HELD,
            now,
            earlier(now.plus(rules.holdTtl()), window.end()),
            fence,
            fence);
    return new Done(draft.write(held), false);
  }

  private static ReservationOutcome heldBefore(Reservation known, ReservationCommand.Hold hold) {
    boolean same =
        hold.start().isBefore(hold.end())
            && known.sessions() == hold.sessions()
            && known.window().equals(BucketSpan.covering(hold.start(), hold.end()));
    if (!same) {
      return new Refused(
          Reason.ID_TAKEN,
          "id",
          "id: %s (expected: another one, it names a reservation with other values)"
              .formatted(known.key().id()));
    }
    return known.status().live() ? new Done(known, true) : over(known);
  }

  private @Nullable Refused objection(
      PoolCalendar calendar, ReservationCommand.Hold hold, Instant now) {
    if (hold.sessions() < 1 || hold.sessions() > calendar.capacity()) {
      return invalid(
          "sessions",
          "sessions: %d (expected: %s)"
              .formatted(
                  hold.sessions(),
                  calendar.capacity() == 0
                      ? "none, the pool has nothing to reserve now"
                      : "1 to " + calendar.capacity() + ", which is what the pool has"));
    }
    if (!hold.end().isAfter(hold.start())) {
      return invalid(
          "end", "end: %s (expected: after start, %s)".formatted(hold.end(), hold.start()));
    }
    // Who says "now" says it some moments before it is heard, maybe across a bucket's border.
    if (hold.start().isBefore(BucketSpan.startOf(BucketSpan.bucketOf(now) - 1))) {
      return invalid("start", "start: %s (expected: %s or later)".formatted(hold.start(), now));
    }
    Instant furthest = now.plus(rules.horizon());
    if (hold.start().isAfter(furthest)) {
      return invalid(
          "start", "start: %s (expected: %s or earlier)".formatted(hold.start(), furthest));
    }
    if (Duration.between(hold.start(), hold.end()).compareTo(rules.longest()) > 0) {
      return invalid(
          "end",
          "end: %s (expected: %s or earlier, a reservation lasts %d s at most)"
              .formatted(
                  hold.end(), hold.start().plus(rules.longest()), rules.longest().toSeconds()));
    }
    if (calendar.liveOf(hold.key().tenant()) >= rules.mostPerTenant()) {
      return new Refused(
          Reason.TOO_MANY,
          null,
          "reservations: %d live (the limit of a tenant); release one or wait for one to end"
              .formatted(rules.mostPerTenant()));
    }
    if (calendar.live() >= rules.mostPerPool()) {
      return new Refused(
          Reason.TOO_MANY,
          null,
          "reservations: %d live (the limit of the pool); wait for one to end"
              .formatted(rules.mostPerPool()));
    }
    return null;
  }

  private static Refused invalid(String field, String message) {
    return new Refused(Reason.INVALID, field, message);
  }

  private NoRoom noRoom(
      PoolCalendar calendar, Occupancy load, BucketSpan window, int sessions, Instant now) {
    OptionalLong earliest =
        load.earliestFit(
            window.first(),
            window.buckets(),
            calendar.capacity() - sessions,
            // In the last bucket only its beginning is sure to be within the horizon.
            BucketSpan.bucketOf(now.plus(rules.horizon())));
    return new NoRoom(earliest.isPresent() ? BucketSpan.startOf(earliest.getAsLong()) : null);
  }

  // --- confirm, use, release -------------------------------------------------------------------

  private ReservationOutcome confirm(
      Draft draft, ReservationKey key, @Nullable Long fence, Instant now) {
    Reservation known = draft.calendar.find(key).orElse(null);
    if (known == null) {
      return notFound(key);
    }
    if (fence != null && !known.answersTo(fence)) {
      return stale(known, fence);
    }
    return switch (known.status()) {
      case HELD -> sell(draft, known, now);
      case CONFIRMED, ACTIVE -> new Done(known, true);
      case RELEASED, CANCELLED, EXPIRED, NO_SHOW -> over(known);
    };
  }

  private ReservationOutcome sell(Draft draft, Reservation held, Instant now) {
    PoolCalendar calendar = draft.calendar;
    if (calendar.shortfalls().containsKey(held.key())) {
      Occupancy others = calendar.load().plus(held.window(), -held.sessions());
      return noRoom(calendar, others, held.window(), held.sessions(), now);
    }
    return new Done(
        draft.move(held, ReservationStatus.CONFIRMED, graceEnds(held.window(), now)), false);
  }

  private static ReservationOutcome use(Draft draft, ReservationKey key, Instant now) {
    Reservation known = draft.calendar.find(key).orElse(null);
    if (known == null) {
      return notFound(key);
    }
    return switch (known.status()) {
      case HELD ->
          new Refused(
              Reason.NOT_CONFIRMED,
              null,
              "reservation %s: held (expected: confirmed)".formatted(key.id()));
      case CONFIRMED ->
          now.isBefore(known.window().start())
              ? new Refused(
                  Reason.NOT_STARTED,
                  null,
                  "reservation %s: begins at %s (expected: used from then on)"
                      .formatted(key.id(), known.window().start()))
              : new Done(draft.move(known, ReservationStatus.ACTIVE, known.window().end()), false);
      case ACTIVE -> new Done(known, true);
      case RELEASED, CANCELLED, EXPIRED, NO_SHOW -> over(known);
    };
  }

  private static ReservationOutcome release(
      Draft draft, ReservationKey key, @Nullable Long fence, Instant now) {
    Reservation known = draft.calendar.find(key).orElse(null);
    if (known == null) {
      return notFound(key);
    }
    if (fence != null && !known.answersTo(fence)) {
      return stale(known, fence);
    }
    return switch (known.status()) {
      case HELD, CONFIRMED -> new Done(draft.move(known, ReservationStatus.CANCELLED, now), false);
      case ACTIVE -> new Done(draft.move(known, ReservationStatus.RELEASED, now), false);
      case RELEASED, CANCELLED, EXPIRED, NO_SHOW -> new Done(known, true);
    };
  }

  private static Refused notFound(ReservationKey key) {
    return new Refused(Reason.NOT_FOUND, null, "reservation: %s is not here".formatted(key.id()));
  }

  private static Refused stale(Reservation known, long fence) {
    return new Refused(
        Reason.STALE_FENCE,
        "fence",
        "fence: %d (expected: %d, that of reservation %s)"
            .formatted(fence, known.fence(), known.key().id()));
  }

  private static Refused over(Reservation ended) {
    boolean expired = ended.status() == ReservationStatus.EXPIRED;
    return new Refused(
        expired ? Reason.EXPIRED : Reason.OVER,
        null,
        "reservation %s: %s since %s (expected: one that has not ended)"
            .formatted(ended.key().id(), ended.status().wireName(), ended.statusEndsAt()));
  }

  // --- capacity --------------------------------------------------------------------------------

  private CapacityIs setCapacity(Draft draft, int sessions) {
    if (sessions < 0) {
      throw new IllegalArgumentException("capacity: " + sessions + " (expected: >= 0)");
    }
    int sellable = rules.sellable(sessions);
    draft.calendar = draft.calendar.withCapacity(sellable);
    return new CapacityIs(sellable, draft.calendar.shortfalls());
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }
}
