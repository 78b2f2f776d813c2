package dev.hourglass.core.reservation;

import dev.hourglass.core.session.TenantId;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is reserved of one pool, at one moment. Immutable; {@link ReservationTransitions}
 * leads from one to the next, in O(log n) for each reservation that changes.
 */
public final class PoolCalendar {
  private final String pool;
  private final int capacity;
  private final long fence;
  private final PersistentMap<ReservationKey, Reservation> byKey;

  /** What lives, by when its status ends. */
  private final PersistentMap<Due, ReservationKey> due;

  /** What has ended, by the fence of its end. */
  private final PersistentMap<Long, ReservationKey> ended;

  private final PersistentMap<String, Integer> liveByTenant;

  /** What is held or sold. */
  private final Occupancy load;

  /** What is sold. */
  private final Occupancy sold;

  /** What was called for. */
  private final Occupancy called;

  private PoolCalendar(
      String pool,
      int capacity,
      long fence,
      PersistentMap<ReservationKey, Reservation> byKey,
      PersistentMap<Due, ReservationKey> due,
      PersistentMap<Long, ReservationKey> ended,
      PersistentMap<String, Integer> liveByTenant,
      Occupancy load,
      Occupancy sold,
      Occupancy called) {
    this.pool = pool;
    this.capacity = capacity;
    this.fence = fence;
    this.byKey = byKey;
    this.due = due;
    this.ended = ended;
    this.liveByTenant = liveByTenant;
    this.load = load;
    this.sold = sold;
    this.called = called;
  }

  private record Due(Instant at, long number) implements Comparable<Due> {
    private static final Comparator<Due> ORDER =
        Comparator.comparing(Due::at).thenComparingLong(Due::number);

    static Due of(Reservation reservation) {
      return new Due(reservation.statusEndsAt(), reservation.number());
    }

    @Override
    public int compareTo(Due other) {
      return ORDER.compare(this, other);
    }
  }

  /** A pool of which nothing is reserved, and which has nothing to sell yet. */
  public static PoolCalendar empty(String pool) {
    return new PoolCalendar(
        pool,
        0,
        0,
        PersistentMap.empty(),
        PersistentMap.empty(),
        PersistentMap.empty(),
        PersistentMap.empty(),
        Occupancy.EMPTY,
        Occupancy.EMPTY,
        Occupancy.EMPTY);
  }

  /**
   * The calendar that a store kept, without capacity until it is told.
   *
   * @param fence the last one given out, at least that of every reservation
   */
  public static PoolCalendar restored(
      String pool, long fence, Collection<Reservation> reservations) {
    PoolCalendar calendar = empty(pool);
    for (Reservation reservation : reservations) {
      calendar = calendar.with(reservation);
    }
    return calendar.atFence(Math.max(fence, calendar.fence));
  }

  // --- steps -----------------------------------------------------------------------------------

  /** The calendar with a reservation that is new, or in the place of its earlier self. */
  PoolCalendar with(Reservation next) {
    Reservation before = byKey.get(next.key());
    return new PoolCalendar(
        pool,
        capacity,
        Math.max(fence, next.fence()),
        byKey.with(next.key(), next),
        noted(due, before, next),
        next.status().live() ? ended : ended.with(next.fence(), next.key()),
        counted(before, next),
        booked(load, before, next, ReservationStatus::live),
        booked(sold, before, next, ReservationStatus::sold),
        booked(called, before, next, status -> status == ReservationStatus.ACTIVE));
  }

  private static PersistentMap<Due, ReservationKey> noted(
      PersistentMap<Due, ReservationKey> due, @Nullable Reservation before, Reservation next) {
    PersistentMap<Due, ReservationKey> others = before == null ? due : due.without(Due.of(before));
    return next.status().live() ? others.with(Due.of(next), next.key()) : others;
  }

  private PersistentMap<String, Integer> counted(@Nullable Reservation before, Reservation next) {
    String tenant = next.key().tenant().value();
    boolean lived = before != null && before.status().live();
    int live = liveOf(next.key().tenant()) + count(next.status().live()) - count(lived);
    return live == 0 ? liveByTenant.without(tenant) : liveByTenant.with(tenant, live);
  }

  private static int count(boolean one) {
    return one ? 1 : 0;
  }

  /** What is booked in those states; a reservation never changes its window. */
  private static Occupancy booked(
      Occupancy occupancy,
      @Nullable Reservation before,
      Reservation next,
      Predicate<ReservationStatus> counted) {
    boolean was = before != null && counted.test(before.status());
    boolean is = counted.test(next.status());
    return was == is
        ? occupancy
        : occupancy.plus(next.window(), is ? next.sessions() : -next.sessions());
  }

  /** The calendar without the oldest of those that have ended. */
  PoolCalendar withoutOldestEnded(Reservation oldest) {
    return new PoolCalendar(
        pool,
        capacity,
        fence,
        byKey.without(oldest.key()),
        due,
        ended.without(oldest.fence()),
        liveByTenant,
        load,
        sold,
        called);
  }

  PoolCalendar withCapacity(int sessions) {
    return new PoolCalendar(
        pool, sessions, fence, byKey, due, ended, liveByTenant, load, sold, called);
  }

  private PoolCalendar atFence(long given) {
    return new PoolCalendar(
        pool, capacity, given, byKey, due, ended, liveByTenant, load, sold, called);
  }

  // --- looks -----------------------------------------------------------------------------------

  public String pool() {
    return pool;
  }

  /** How many sessions at once may be sold. */
  public int capacity() {
    return capacity;
  }

  /** The number of the last change. */
  public long fence() {
    return fence;
  }

  public Optional<Reservation> find(ReservationKey key) {
    return Optional.ofNullable(byKey.get(key));
  }

  /** Every reservation that is remembered, by tenant and id. */
  public List<Reservation> reservations() {
    return byKey.values();
  }

  /** How many reservations are held or sold. */
  public int live() {
    return due.size();
  }

  int liveOf(TenantId tenant) {
    Integer live = liveByTenant.get(tenant.value());
    return live == null ? 0 : live;
  }

  int endedCount() {
    return ended.size();
  }

  /** The live reservation whose status ends first; {@code null} where none lives. */
  @Nullable Reservation nextDue() {
    ReservationKey next = due.first();
    return next == null ? null : byKey.get(next);
  }

  /** Those that live, by when their status ends. */
  List<ReservationKey> allDue() {
    return due.values();
  }

  /** The one that ended first of those that are remembered; {@code null} where there is none. */
  @Nullable Reservation oldestEnded() {
    ReservationKey oldest = ended.first();
    return oldest == null ? null : byKey.get(oldest);
  }

  Occupancy load() {
    return load;
  }

  /** The most sessions that are sold for any moment from one instant up to another. */
  public int soldPeak(Instant from, Instant until) {
    return from.isBefore(until) ? sold.peak(BucketSpan.covering(from, until)) : 0;
  }

  /** The sessions of reservations that were called for and last at some moment. */
  public int calledAt(Instant moment) {
    return called.peak(BucketSpan.covering(moment, moment.plusNanos(1)));
  }

  /**
   * A stretch of time in which the same number of sessions is reserved.
   *
   * @param reserved sessions held or sold, above 0
   */
  public record Stretch(Instant start, Instant end, int reserved) {}

  /** What is held or sold in a window, in order; stretches with nothing are left out. */
  public List<Stretch> stretches(BucketSpan window) {
    return stretchesAbove(window, 0);
  }

  /** The stretches for which more is held or sold than the pool has. */
  public List<Stretch> deficits() {
    return load.peak() <= capacity
        ? List.of()
        : stretchesAbove(new BucketSpan(0, BucketSpan.BUCKETS), capacity);
  }

  private List<Stretch> stretchesAbove(BucketSpan window, int most) {
    return load.above(window, most).stream()
        .map(run ->
            new Stretch(
                BucketSpan.startOf(run.first()), BucketSpan.startOf(run.afterLast()), run.load()))
        .toList();
  }

  /**
   * How many sessions each reservation is short of at the worst moment of its window, since the
   * pool became smaller than what was sold of it. What is sold is served before what is held, and
   * what was asked for first before what came later.
   */
  public Map<ReservationKey, Integer> shortfalls() {
    if (load.peak() <= capacity) {
      return Map.of();
    }
    Map<ReservationKey, Integer> shortfalls = new LinkedHashMap<>();
    Occupancy served = Occupancy.EMPTY;
    for (Reservation reservation : byRank()) {
      int missing = served.peak(reservation.window()) + reservation.sessions() - capacity;
      if (missing > 0) {
        shortfalls.put(reservation.key(), Math.min(missing, reservation.sessions()));
      }
      served = served.plus(reservation.window(), reservation.sessions());
    }
    return shortfalls;
  }

  private List<Reservation> byRank() {
    return byKey.values().stream()
        .filter(reservation -> reservation.status().live())
        .sorted(
            Comparator.comparing((Reservation reservation) -> !reservation.status().sold())
                .thenComparingLong(Reservation::number))
        .toList();
  }
}
