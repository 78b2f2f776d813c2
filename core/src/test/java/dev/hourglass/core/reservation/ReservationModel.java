package dev.hourglass.core.reservation;

import dev.hourglass.core.reservation.ReservationOutcome.CapacityIs;
import dev.hourglass.core.reservation.ReservationOutcome.Done;
import dev.hourglass.core.reservation.ReservationOutcome.NoRoom;
import dev.hourglass.core.reservation.ReservationOutcome.Reason;
import dev.hourglass.core.reservation.ReservationOutcome.Refused;
import dev.hourglass.core.reservation.ReservationOutcome.Settled;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules of reservations in the plainest way: one list, and every bucket counted anew each time.
 * What {@link ReservationTransitions} does cleverly is held against it.
 */
final class ReservationModel {
  private final ReservationRules rules;
  private final Map<ReservationKey, Reservation> all = new TreeMap<>();
  private final List<ReservationKey> ended = new ArrayList<>();
  private int capacity;
  private long fence;

  ReservationModel(ReservationRules rules) {
    this.rules = rules;
  }

  List<Reservation> reservations() {
    return List.copyOf(all.values());
  }

  int load(long bucket, boolean soldOnly) {
    int load = 0;
    for (Reservation each : all.values()) {
      if ((soldOnly ? each.status().sold() : each.status().live()) && covers(each, bucket)) {
        load += each.sessions();
      }
    }
    return load;
  }

  private static boolean covers(Reservation reservation, long bucket) {
    return reservation.window().first() <= bucket && bucket < reservation.window().afterLast();
  }

  ReservationOutcome apply(ReservationCommand command, Instant now) {
    if (command instanceof ReservationCommand.Resume) {
      for (Reservation each : sorted(Comparator.comparing(Reservation::statusEndsAt))) {
        Instant grace = graceEnd(each.window(), now);
        if (each.status() == ReservationStatus.CONFIRMED && grace.isAfter(each.statusEndsAt())) {
          move(each, ReservationStatus.CONFIRMED, grace);
        }
      }
    }
    int over = 0;
    for (Reservation each : sorted(Comparator.comparing(Reservation::statusEndsAt))) {
      if (!each.statusEndsAt().isAfter(now)) {
        move(
            each,
            switch (each.status()) {
              case HELD -> ReservationStatus.EXPIRED;
              case CONFIRMED -> ReservationStatus.NO_SHOW;
              default -> ReservationStatus.RELEASED;
            },
            each.statusEndsAt());
        over++;
      }
    }
    return switch (command) {
      case ReservationCommand.Hold hold -> hold(hold, now);
      case ReservationCommand.Confirm(var key, var told) -> confirm(all.get(key), told, now);
      case ReservationCommand.Use(var key) -> use(all.get(key), now);
      case ReservationCommand.Release(var key, var told) -> release(all.get(key), told, now);
      case ReservationCommand.SetCapacity(int sessions) -> {
        capacity = sessions * (100 + rules.overbookingPercent()) / 100;
        yield new CapacityIs(capacity, shortfalls());
      }
      case ReservationCommand.Settle _, ReservationCommand.Resume _ -> new Settled(over);
    };
  }

  /** Live reservations, those of equal rank by their number. */
  private List<Reservation> sorted(Comparator<Reservation> order) {
    return all.values().stream()
        .filter(each -> each.status().live())
        .sorted(order.thenComparingLong(Reservation::number))
        .toList();
  }

  private Reservation move(Reservation before, ReservationStatus status, Instant endsAt) {
    Reservation after = before.in(status, endsAt, ++fence);
    all.put(after.key(), after);
    if (!status.live()) {
      ended.add(after.key());
      if (ended.size() > rules.endedKept()) {
        all.remove(ended.removeFirst());
      }
    }
    return after;
  }

  private ReservationOutcome hold(ReservationCommand.Hold hold, Instant now) {
    Reservation known = all.get(hold.key());
    if (known != null) {
      boolean same =
          hold.start().isBefore(hold.end())
              && BucketSpan.covering(hold.start(), hold.end()).equals(known.window())
              && hold.sessions() == known.sessions();
      if (!same) {
        return refused(Reason.ID_TAKEN);
      }
      return known.status().live() ? new Done(known, true) : over(known);
    }
    Instant bucketBefore = Instant.ofEpochSecond(now.getEpochSecond() / 10 * 10 - 10);
    if (hold.sessions() < 1
        || hold.sessions() > capacity
        || !hold.start().isBefore(hold.end())
        || hold.start().isBefore(bucketBefore)
        || Duration.between(now, hold.start()).compareTo(rules.horizon()) > 0
        || Duration.between(hold.start(), hold.end()).compareTo(rules.longest()) > 0) {
      return refused(Reason.INVALID);
    }
    List<Reservation> live = sorted(Comparator.comparingLong(Reservation::number));
    long ofTenant =
        live.stream().filter(each -> each.key().tenant().equals(hold.key().tenant())).count();
    if (ofTenant >= rules.mostPerTenant() || live.size() >= rules.mostPerPool()) {
      return refused(Reason.TOO_MANY);
    }
    BucketSpan window = BucketSpan.covering(hold.start(), hold.end());
    if (!fits(window.first(), window, hold.sessions(), null)) {
      return new NoRoom(earliest(window, hold.sessions(), null, now));
    }
    fence++;
    Instant expiry = earlier(now.plus(rules.holdTtl()), window.end());
    Reservation held =
        new Reservation(
            hold.key(),
            "pool",
            window,
            hold.sessions(),
            ReservationStatus.HELD,
            now,
            expiry,
            fence,
            fence);
    all.put(held.key(), held);
    return new Done(held, false);
  }

  private ReservationOutcome confirm(
      @Nullable Reservation known, @Nullable Long told, Instant now) {
    if (known == null) {
      return refused(Reason.NOT_FOUND);
    }
    if (told != null && told != known.number() && told != known.fence()) {
      return refused(Reason.STALE_FENCE);
    }
    if (known.status().sold()) {
      return new Done(known, true);
    }
    if (known.status() != ReservationStatus.HELD) {
      return over(known);
    }
    if (shortfalls().containsKey(known.key())) {
      return new NoRoom(earliest(known.window(), known.sessions(), known, now));
    }
    return new Done(move(known, ReservationStatus.CONFIRMED, graceEnd(known.window(), now)), false);
  }

  private ReservationOutcome use(@Nullable Reservation known, Instant now) {
    if (known == null) {
      return refused(Reason.NOT_FOUND);
    }
    return switch (known.status()) {
      case HELD -> refused(Reason.NOT_CONFIRMED);
      case CONFIRMED ->
          now.isBefore(known.window().start())
              ? refused(Reason.NOT_STARTED)
              : new Done(move(known, ReservationStatus.ACTIVE, known.window().end()), false);
      case ACTIVE -> new Done(known, true);
      case RELEASED, CANCELLED, EXPIRED, NO_SHOW -> over(known);
    };
  }

  private ReservationOutcome release(
      @Nullable Reservation known, @Nullable Long told, Instant now) {
    if (known == null) {
      return refused(Reason.NOT_FOUND);
    }
    if (told != null && told != known.number() && told != known.fence()) {
      return refused(Reason.STALE_FENCE);
    }
    if (!known.status().live()) {
      return new Done(known, true);
    }
    ReservationStatus end =
        known.status() == ReservationStatus.ACTIVE
            ? ReservationStatus.RELEASED
            : ReservationStatus.CANCELLED;
    return new Done(move(known, end, now), false);
  }

  /** Bucket by bucket, whoever comes first is served first. */
  Map<ReservationKey, Integer> shortfalls() {
    Map<ReservationKey, Integer> shortfalls = new HashMap<>();
    List<Reservation> ranked =
        sorted(Comparator.comparingInt((Reservation each) -> each.status().sold() ? 0 : 1));
    for (Reservation each : ranked) {
      for (long bucket = each.window().first(); bucket < each.window().afterLast(); bucket++) {
        int left = capacity;
        for (Reservation other : ranked) {
          if (covers(other, bucket)) {
            int missing = Math.min(other.sessions(), other.sessions() - left);
            left -= other.sessions();
            if (other.equals(each) && missing > 0) {
              shortfalls.merge(each.key(), Math.min(missing, each.sessions()), Math::max);
            }
          }
        }
      }
    }
    return shortfalls;
  }

  private boolean fits(long start, BucketSpan window, int sessions, @Nullable Reservation without) {
    for (long bucket = start; bucket < start + window.buckets(); bucket++) {
      int own = without != null && covers(without, bucket) ? without.sessions() : 0;
      if (load(bucket, false) - own + sessions > capacity) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Instant earliest(
      BucketSpan window, int sessions, @Nullable Reservation without, Instant now) {
    long start = window.first();
    while (!Instant.ofEpochSecond(start * 10).isAfter(now.plus(rules.horizon()))) {
      if (fits(start, window, sessions, without)) {
        return Instant.ofEpochSecond(start * 10);
      }
      start++;
    }
    return null;
  }

  private Instant graceEnd(BucketSpan window, Instant usable) {
    Instant from = window.start().isAfter(usable) ? window.start() : usable;
    return earlier(from.plus(rules.noShowGrace()), window.end());
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private static Refused over(Reservation known) {
    return refused(known.status() == ReservationStatus.EXPIRED ? Reason.EXPIRED : Reason.OVER);
  }

  private static Refused refused(Reason reason) {
    return new Refused(reason, null, "");
  }
}
