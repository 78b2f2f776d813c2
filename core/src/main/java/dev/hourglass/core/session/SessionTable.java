package dev.hourglass.core.session;

import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
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
  private final SessionLimits limits;
  private final RandomGenerator secureRandom;
  private final EventBus events;
  private final LeaseGuard leases;
  private final Session.House house;

  // Changed under the lock, and read without.
  private final Map<SessionId, Session> byId = new ConcurrentHashMap<>();
  private final Map<TokenHash, Session> byToken = new ConcurrentHashMap<>();

  // Guarded by this.
  private final Map<ChainHash, Session> byHistory = new HashMap<>();
  private final UseOrder implicitByUse = new UseOrder();

  /**
   * Creates an empty table.
   *
   * @param secureRandom draws ids; unpredictable in production
   */
  public SessionTable(
      SessionLimits limits, RandomGenerator secureRandom, InstantSource clock, EventBus events) {
    this.limits = limits;
    this.secureRandom = secureRandom;
    this.events = events;
    this.leases = new LeaseGuard(events);
    this.house = new Session.House(limits.waitingTurns(), clock, events, leases);
  }

  /** Draws an id for a session to be. */
  public SessionId newId() {
    return SessionId.random(secureRandom);
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
    byId.put(session.id(), session);
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
      displaced =
          implicitByUse.size() < limits.implicitSessions() ? null : claimOldestIdleImplicit();
      byId.put(session.id(), session);
      implicitByUse.add(session);
    }
    events.publish(new Event.SessionCreated(session.id(), SessionKind.IMPLICIT));
    session.ready();
    return new Birth(session, displaced);
  }

  /** Takes it out of the order of use at once, so that the next newcomer finds another one. */
  private @Nullable Session claimOldestIdleImplicit() {
    for (Session next = implicitByUse.oldest(); next != null; next = next.history().newer) {
      if (next.mayGo()) {
        forget(next);
        return next;
      }
    }
    return null;
  }

  public Optional<Session> byId(SessionId id) {
    return Optional.ofNullable(byId.get(id));
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
    Session session = byHistory.get(conversation.whole());
    if (session == null) {
      session = byHistory.get(conversation.upToLastAnswer().get());
    }
    return Optional.ofNullable(session);
  }

  /**
   * Notes what an implicit session was last asked, and where its history stands with the answer.
   */
  public synchronized void remember(Session session, MessageChain asked, MessageChain answered) {
    if (session.kind() == SessionKind.IMPLICIT && implicitByUse.contains(session)) {
      forget(session);
      implicitByUse.add(session);
      History history = session.history();
      history.asked = asked.whole();
      history.answered = answered.whole();
      byHistory.put(asked.whole(), session);
      byHistory.put(answered.whole(), session);
    }
  }

  /** Whether an implicit session can ever be recognised again. */
  public synchronized boolean remembered(Session session) {
    return session.kind() == SessionKind.IMPLICIT && session.history().asked != null;
  }

  /** Takes an implicit session's history and its place in the order of use away. */
  private void forget(Session session) {
    History history = session.history();
    if (history.asked != null) {
      byHistory.remove(history.asked, session);
      history.asked = null;
    }
    if (history.answered != null) {
      byHistory.remove(history.answered, session);
      history.answered = null;
    }
    implicitByUse.remove(session);
  }

  /** Forgets a session, its token and its history. Idempotent. */
  public synchronized void remove(Session session) {
    switch (session.recognition()) {
      case TokenHash token -> byToken.remove(token, session);
      case History _ -> forget(session);
    }
    byId.remove(session.id(), session);
  }

  /** Live sessions whose {@code context_ttl} has passed. */
  public List<Session> expired(Instant now) {
    return byId.values().stream().filter(session -> session.expired(now)).toList();
  }

  /** A tenant's sessions, latest used first. */
  public List<SessionSnapshot> list(TenantId tenant) {
    return byId.values().stream()
        .filter(session -> session.tenant().equals(tenant))
        .map(Session::snapshot)
        .sorted(
            Comparator.comparing(SessionSnapshot::lastActive)
                .reversed()
                .thenComparing(SessionSnapshot::id))
        .toList();
  }

  /** Shows every live session, in no order. */
  public void forEach(Consumer<Session> visitor) {
    byId.values().forEach(visitor);
  }

  /** Leases that their holders lost, and that were taken back; since the start. */
  public long lostLeases() {
    return leases.lost();
  }

  /** How many sessions live. */
  public int size() {
    return byId.size();
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
