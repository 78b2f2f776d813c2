package dev.hourglass.core.reservation;

import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.reservation.ReservationOutcome.CapacityIs;
import dev.hourglass.core.reservation.ReservationOutcome.Reason;
import dev.hourglass.core.reservation.ReservationOutcome.Refused;
import dev.hourglass.core.reservation.ReservationStore.StoredPool;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control of reservations: hold, confirm, use, release, look. What changes something blocks on
 * the store and is durable when it returns; it is not for event loops. Looks answer from memory.
 */
public final class Reservations implements ReservedCapacity {
  private static final Logger log = LoggerFactory.getLogger(Reservations.class);

  /** A step that finds its pool moved on in the store begins again from there. */
  private static final int TRIES = 3;

  private final EngineDirectory engines;
  private final PoolCapacity capacity;
  private final ReservationTransitions transitions;
  private final ReservationStore store;
  private final RandomGenerator secureRandom;
  private final InstantSource clock;
  private final EventBus events;

  /** Held while an id is given out, so that it is in one pool only. */
  private final ReentrantLock naming = new ReentrantLock();

  /** By pool: one for each model that is served, or that a store still has reservations of. */
  private final Map<String, Book> books = new ConcurrentSkipListMap<>();

  /**
   * Reservations of every model that is served.
   *
   * @param clock one that does not jump
   */
  public Reservations(
      EngineDirectory engines,
      PoolCapacity capacity,
      ReservationTransitions transitions,
      ReservationStore store,
      RandomGenerator secureRandom,
      InstantSource clock,
      EventBus events) {
    this.engines = engines;
    this.capacity = capacity;
    this.transitions = transitions;
    this.store = store;
    this.secureRandom = secureRandom;
    this.clock = clock;
    this.events = events;
    engines.engines().forEach(engine -> book(engine.info().model()));
  }

  /**
   * A reservation that a client wants.
   *
   * @param model {@code null} for the default one
   * @param id the client's own name for it; {@code null} for a new one
   */
  public record NewReservation(
      @Nullable String model,
      Instant start,
      Instant end,
      int sessions,
      @Nullable ReservationId id) {}

  /**
   * A reservation and how it fares.
   *
   * @param missingSessions sessions that the pool cannot serve of it, since it became smaller
   * @param usingSessions sessions that use it now
   */
  public record Standing(Reservation reservation, int missingSessions, int usingSessions) {}

  /** One pool's calendar and those who use it. */
  private final class Book {
    private final String pool;
    private final ReservedPlaces places = new ReservedPlaces();

    /** Held while a step is made, so that the store sees steps in their order. */
    private final ReentrantLock stepping = new ReentrantLock();

    private volatile PoolCalendar calendar;

    private Book(String pool) {
      this.pool = pool;
      this.calendar = PoolCalendar.empty(pool);
    }

    /** Makes a step, durable where it changes a reservation. */
    private ReservationOutcome step(ReservationCommand command) {
      Transition made;
      stepping.lock();
      try {
        made = commit(command);
        calendar = made.after();
      } catch (SessionStoreException failure) {
        log.error("a reservation of {} could not be stored", pool, failure);
        return new Refused(
            Reason.STORE_FAILED, null, "the reservation could not be stored; nothing was changed");
      } finally {
        stepping.unlock();
      }
      for (Reservation written : made.change().written()) {
        events.publish(new Event.ReservationMoved(pool, written.status()));
      }
      return made.outcome();
    }

    private Transition commit(ReservationCommand command) {
      for (int attempt = 1; attempt <= TRIES; attempt++) {
        Transition next = transitions.apply(calendar, command, clock.instant());
        if (next.change().isEmpty() || store.commit(next.change())) {
          return next;
        }
        // A commit that failed may have been made all the same, or somebody else writes there.
        log.warn("the reservations of {} moved on in the store; reading them again", pool);
        restore(stored());
      }
      throw new SessionStoreException(
          "reservations of " + pool + ": others keep changing them",
          new IllegalStateException("fence " + calendar.fence()));
    }

    private StoredPool stored() {
      return store.pools().stream()
          .filter(kept -> kept.pool().equals(pool))
          .findFirst()
          .orElseGet(() -> new StoredPool(pool, 0, List.of()));
    }

    private void restore(StoredPool kept) {
      calendar =
          PoolCalendar.restored(pool, kept.fence(), kept.reservations())
              .withCapacity(calendar.capacity());
    }

    /** The calendar of this moment, whoever swept last. */
    private PoolCalendar now() {
      PoolCalendar known = calendar;
      Reservation next = known.nextDue();
      Instant now = clock.instant();
      return next == null || next.statusEndsAt().isAfter(now)
          ? known
          : transitions.apply(known, new ReservationCommand.Settle(), now).after();
    }

    /** How many of so many sessions are not in use by reservations of some status. */
    private int unused(int sessions, Predicate<ReservationStatus> status) {
      PoolCalendar known = calendar;
      int using =
          places.sessionsOf(
              key -> known.find(key).filter(found -> status.test(found.status())).isPresent());
      return Math.max(0, sessions - using);
    }

    private void followCapacity() {
      boolean served = engines.resolve(pool).isPresent();
      int sessions = served ? capacity.sessions(pool) : 0;
      int before = calendar.capacity();
      if (step(new ReservationCommand.SetCapacity(sessions))
              instanceof CapacityIs(int sellable, var shortfalls)
          && sellable != before) {
        if (shortfalls.isEmpty()) {
          log.info("{}: {} sessions to reserve, {} before", pool, sellable, before);
        } else {
          log.warn(
              "{}: {} sessions to reserve, {} before; short of what was sold: {}",
              pool,
              sellable,
              before,
              shortfalls);
        }
      }
    }
  }

  private Book book(String pool) {
    return books.computeIfAbsent(pool, Book::new);
  }

  /** Takes up what the store kept. Reservations that began meanwhile get their grace anew. */
  public void recover() {
    for (StoredPool kept : store.pools()) {
      book(kept.pool()).restore(kept);
    }
    for (Book book : books.values()) {
      book.step(new ReservationCommand.Resume());
      book.followCapacity();
    }
  }

  /** From now on a further model can be reserved. */
  public void serve(String model) {
    book(model).followCapacity();
  }

  /** One look for what is due, and for pools that have grown or shrunk. */
  public void sweep() {
    for (Book book : books.values()) {
      book.followCapacity();
    }
  }

  // --- for clients -----------------------------------------------------------------------------

  /** Keeps capacity until it is confirmed. */
  public ReservationOutcome hold(TenantId tenant, NewReservation wanted) {
    Optional<String> model = engines.resolve(wanted.model());
    if (model.isEmpty()) {
      return new Refused(
          Reason.MODEL_NOT_FOUND,
          "model",
          "model: %s (expected: one that /v1/models lists)".formatted(wanted.model()));
    }
    ReservationId id = wanted.id() == null ? ReservationId.random(secureRandom) : wanted.id();
    ReservationKey key = new ReservationKey(tenant, id);
    ReservationCommand.Hold hold =
        new ReservationCommand.Hold(key, wanted.start(), wanted.end(), wanted.sessions());
    Book book = book(model.get());
    naming.lock();
    try {
      Optional<Book> other = holding(key).filter(holder -> holder != book);
      if (other.isEmpty()) {
        return book.step(hold);
      }
      return new Refused(
          Reason.ID_TAKEN,
          "id",
          "id: %s (expected: another one, it names a reservation of %s)"
              .formatted(id, other.get().pool));
    } finally {
      naming.unlock();
    }
  }

  /**
   * Sells what is held; it is durable when this returns.
   *
   * @param fence the fence that the client was told; {@code null} for any
   */
  public ReservationOutcome confirm(ReservationKey key, @Nullable Long fence) {
    return step(key, new ReservationCommand.Confirm(key, fence));
  }

  /**
   * Gives back what is left.
   *
   * @param fence as for {@link #confirm}
   */
  public ReservationOutcome release(ReservationKey key, @Nullable Long fence) {
    return step(key, new ReservationCommand.Release(key, fence));
  }

  /** Calls for the capacity; the first call of a reservation is durable when this returns. */
  public ReservationOutcome use(ReservationKey key) {
    return step(key, new ReservationCommand.Use(key));
  }

  private ReservationOutcome step(ReservationKey key, ReservationCommand command) {
    // Where nobody has it, any book says so in the same words.
    return holding(key).orElseGet(() -> books.values().iterator().next()).step(command);
  }

  private Optional<Book> holding(ReservationKey key) {
    return books.values().stream().filter(book -> book.calendar.find(key).isPresent()).findFirst();
  }

  /** One reservation, whatever became of it. */
  public Optional<Standing> find(ReservationKey key) {
    return holding(key)
        .flatMap(book -> {
          PoolCalendar calendar = book.now();
          return calendar.find(key).map(standing(book, calendar));
        });
  }

  /** A tenant's reservations, what became of ended ones too, in the order of their windows. */
  public List<Standing> list(TenantId tenant) {
    return books.values().stream()
        .flatMap(book -> {
          PoolCalendar calendar = book.now();
          return calendar.reservations().stream()
              .filter(reservation -> reservation.key().tenant().equals(tenant))
              .map(standing(book, calendar));
        })
        .sorted((one, other) ->
            Long.compare(one.reservation().window().first(), other.reservation().window().first()))
        .toList();
  }

  /** How a reservation fares that a command just told of. */
  public Standing standing(Reservation told) {
    Book book = book(told.pool());
    return standing(book, book.now()).apply(told);
  }

  private static Function<Reservation, Standing> standing(Book book, PoolCalendar calendar) {
    Map<ReservationKey, Integer> shortfalls = calendar.shortfalls();
    return reservation ->
        new Standing(
            reservation,
            shortfalls.getOrDefault(reservation.key(), 0),
            book.places.sessionsOf(reservation.key()));
  }

  /** What is reserved of each pool. */
  public Collection<PoolCalendar> calendars() {
    return books.values().stream().map(Book::now).toList();
  }

  /** What is reserved of one pool. */
  public Optional<PoolCalendar> calendarOf(String pool) {
    return Optional.ofNullable(books.get(pool)).map(Book::now);
  }

  /** The time that reservations go by. */
  public Instant now() {
    return clock.instant();
  }

  /** What is reserved of the pool that a client's name stands for; the default one for none. */
  public Optional<PoolCalendar> calendar(@Nullable String model) {
    return engines.resolve(model).map(pool -> book(pool).now());
  }

  // --- for admission ---------------------------------------------------------------------------

  @Override
  public boolean isActive(ReservationKey key) {
    return holding(key)
        .flatMap(book -> book.now().find(key))
        .filter(known -> known.status() == ReservationStatus.ACTIVE)
        .isPresent();
  }

  @Override
  public Optional<ReservedPlace> enter(ReservationKey key, SessionId session) {
    return holding(key)
        .flatMap(book ->
            book.now()
                .find(key)
                .filter(known -> known.status() == ReservationStatus.ACTIVE)
                .flatMap(known -> book.places.enter(known, session)));
  }

  @Override
  public int setAsideSessions(String pool) {
    Book book = books.get(pool);
    if (book == null || book.calendar.nextDue() == null) {
      return 0;
    }
    return book.unused(
        book.now().calledAt(clock.instant()), status -> status == ReservationStatus.ACTIVE);
  }

  @Override
  public int uncalledSessions(String pool, Duration ahead) {
    Book book = books.get(pool);
    if (book == null) {
      return 0;
    }
    PoolCalendar calendar = book.now();
    Instant now = clock.instant();
    return book.unused(calendar.soldPeak(now, now.plus(ahead)), ReservationStatus::sold);
  }
}
