package dev.hourglass.core.session;

import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Every live session, found by id, by token or by the history that a client resends. Bounded by
 * {@link SessionLimits}; answers from memory.
 */
public final class SessionTable implements ResidencyListener {
  /** How many sessions are looked at without others having to wait. */
  private static final int PART = 1_000;

  private final SessionLimits limits;
  private final RandomReserve ids;
  private final EventBus events;
  private final LeaseGuard leases;
  private final Session.House house;

  /** Changed under the lock, and read without. */
  private final Map<TokenHash, Session> byToken = new ConcurrentHashMap<>();

  // Guarded by this.
  private final Roster roster = new Roster();
  private final Histories histories;

  /**
   * Creates an empty table.
   *
   * @param secureRandom draws ids; unpredictable in production
   */
  public SessionTable(
      SessionLimits limits, RandomGenerator secureRandom, InstantSource clock, EventBus events) {
    this.limits = limits;
    this.histories = new Histories(secureRandom);
    this.ids = new RandomReserve(secureRandom, SessionId.BYTES);
    this.events = events;
    this.leases = new LeaseGuard(events);
    this.house = new Session.House(limits.waitingTurns(), clock, events, leases);
  }

  /** Draws an id for a session to be. */
  public SessionId newId() {
    return new SessionId(ids.next());
  }

  /**
   * Adds an explicit session, which stays closed for use until {@link #open}; empty when there are
   * as many as there may be.
   */
  public synchronized Optional<Session> addExplicit(SessionRecord explicit) {
    return byToken.size() >= limits.explicitSessions()
        ? Optional.empty()
        : Optional.of(add(explicit));
  }

  /** Adds an explicit session that a store kept, also beyond the limit. */
  public synchronized Session addStored(SessionRecord explicit) {
    return add(explicit);
  }

  private Session add(SessionRecord explicit) {
    Session session = new Session(explicit, house);
    roster.add(session);
    byToken.put(explicit.tokenHash(), session);
    events.publish(new Event.SessionCreated(session.id(), SessionKind.EXPLICIT));
    return session;
  }

  /** Opens a session for use, once its birth is complete. */
  public void open(Session session) {
    session.ready();
  }

  /**
   * A new implicit session, open for use.
   *
   * @param displaced the session that has to go for it; {@code null} while there is room
   */
  public record Birth(Session session, @Nullable Session displaced) {}

  /** Adds an implicit session; never refused. */
  public Birth addImplicit(TenantId tenant, String model) {
    Session session = new Session(newId(), tenant, model, limits.defaultTtl(), house);
    Session displaced;
    synchronized (this) {
      displaced = histories.size() < limits.implicitSessions() ? null : oldestIdle();
      if (displaced != null) {
        // At once, so that the next newcomer finds another one.
        histories.remove(displaced.row);
      }
      roster.add(session);
      histories.add(session.row);
    }
    events.publish(new Event.SessionCreated(session.id(), SessionKind.IMPLICIT));
    session.ready();
    return new Birth(session, displaced);
  }

  /** The implicit session used longest ago that may go; {@code null} where none may. */
  private @Nullable Session oldestIdle() {
    for (int row = histories.oldest(); row != SessionRows.NONE; row = histories.newer(row)) {
      Session session = roster.at(row);
      if (session != null && session.mayGo()) {
        return session;
      }
    }
    return null;
  }

  public synchronized Optional<Session> byId(SessionId id) {
    return Optional.ofNullable(roster.find(id));
  }

  /** The session that a token opens for a tenant. */
  public Optional<Session> byToken(TenantId tenant, SessionToken token) {
    return Optional.ofNullable(byToken.get(token.hash()))
        .filter(session -> session.tenant().equals(tenant));
  }

  /**
   * The implicit session that a conversation goes on with: one whose last known history the
   * conversation repeats up to its last answer, or whose last turn it asks for again. A
   * conversation in which nobody has answered yet is always a new one, since many begin alike.
   */
  public synchronized Optional<Session> continuedBy(MessageChain conversation) {
    if (conversation.upToLastAnswer().isEmpty()) {
      return Optional.empty();
    }
    int row = histories.find(conversation.whole());
    if (row == SessionRows.NONE) {
      row = histories.find(conversation.upToLastAnswer().get());
    }
    return row == SessionRows.NONE ? Optional.empty() : Optional.ofNullable(roster.at(row));
  }

  /**
   * Notes what an implicit session was last asked, and where its history stands with the answer.
   */
  public synchronized void remember(Session session, MessageChain asked, MessageChain answered) {
    histories.remember(session.row, asked.whole(), answered.whole());
  }

  /** Whether an implicit session can ever be recognised again. */
  public synchronized boolean remembered(Session session) {
    return histories.remembers(session.row);
  }

  /** Forgets a session, its token and its history. Idempotent. */
  public synchronized void remove(Session session) {
    TokenHash token = session.token();
    if (token != null) {
      byToken.remove(token, session);
    }
    histories.remove(session.row);
    roster.remove(session);
  }

  /** Live sessions whose {@code context_ttl} has passed. */
  public List<Session> expired(Instant now) {
    List<Session> expired = new ArrayList<>();
    forEach(session -> {
      if (session.expired(now)) {
        expired.add(session);
      }
    });
    return expired;
  }

  /** A tenant's sessions, latest used first. */
  public List<SessionSnapshot> list(TenantId tenant) {
    List<SessionSnapshot> owned = new ArrayList<>();
    forEach(session -> {
      if (session.tenant().equals(tenant)) {
        owned.add(session.snapshot());
      }
    });
    owned.sort(
        Comparator.comparing(SessionSnapshot::lastActive)
            .reversed()
            .thenComparing(SessionSnapshot::id));
    return owned;
  }

  /** Shows every live session, in no order; one that comes or goes meanwhile may be missing. */
  public void forEach(Consumer<Session> visitor) {
    int number = 0;
    for (List<Session> part = part(number); part != null; part = part(++number)) {
      part.forEach(visitor);
    }
  }

  private synchronized @Nullable List<Session> part(int number) {
    return roster.part(number, PART);
  }

  /** Leases that their holders lost, and that were taken back; since the start. */
  public long lostLeases() {
    return leases.lost();
  }

  /** How many sessions live. */
  public synchronized int size() {
    return roster.size();
  }

  @Override
  public void residencyChanged(SessionId id, int kvTokens) {
    byId(id).ifPresent(session -> session.holdsKvTokens(kvTokens));
  }

  @Override
  public void shelved(SessionId id, Residency tier) {
    byId(id).ifPresent(session -> session.shelved(tier));
  }
}
