package dev.hourglass.core.session;

import dev.hourglass.core.activity.SessionActivity;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One conversation and its life.
 *
 * <p>A session runs one turn at a time. Whoever asks while it is busy waits in a bounded line, in
 * the order of asking. Beside the turn any number of others may hold it; it is ACTIVE while anybody
 * does. State changes happen under the session's lock; holders are told after it is free, so that
 * they may call back.
 *
 * <p>A session may end of itself, or lose its KV state, only in a quiet period: nobody holds it and
 * no {@link Dependant} needs it. An explicit end waits for nobody.
 */
public final class Session {
  private static final int MOST_DEPENDANTS = 64;
  private static final double MICROS_PER_SECOND = 1e6;

  // The id in numbers: an object less that lives as long as the session.
  private final long idHigh;
  private final long idLow;
  private final short idRest;

  private final TenantId tenant;
  private final @Nullable TokenHash token;
  private final String model;
  private final Map<String, String> metadata;
  private final House house;
  private final long createdMicros;
  private final long ttlMicros;

  /**
   * How far its life has come; written under the lock. IDLE stands for ACTIVE too: leases tell the
   * two apart, and nothing is written here whenever one begins or ends.
   */
  private volatile SessionState stage = SessionState.INITIALIZING;

  /** Written under the lock. */
  private volatile long lastActiveMicros;

  /** Its row in the {@link SessionTable}, which writes it under its own lock. */
  int row = SessionRows.NONE;

  // Guarded by this. What an idle session does not need is not there.
  private int turns;
  private int kvTokens;
  private int holds;
  private Residency shelved = Residency.TRANSCRIPT;
  private @Nullable SessionActivity activity;
  private @Nullable Grant turn;
  private @Nullable Deque<TurnHolder> line;
  private @Nullable List<Dependant> dependants;
  private @Nullable CompletableFuture<Void> quiet;

  /**
   * What the sessions of a table share.
   *
   * @param longestLine how many may wait for one session's turn
   */
  record House(int longestLine, InstantSource clock, EventBus events, LeaseGuard leases) {}

  /** An explicit session as a record tells it. */
  Session(SessionRecord explicit, House house) {
    this(
        explicit.id(),
        explicit.tenant(),
        explicit.tokenHash(),
        explicit.model(),
        explicit.metadata(),
        EpochMicros.of(explicit.createdAt()),
        EpochMicros.of(explicit.contextTtl()),
        EpochMicros.of(explicit.lastActive()),
        house);
    this.turns = explicit.turns();
  }

  /** An implicit session, born now. */
  Session(SessionId id, TenantId tenant, String model, Duration contextTtl, House house) {
    long now = EpochMicros.of(house.clock.instant());
    this(id, tenant, null, model, Map.of(), now, EpochMicros.of(contextTtl), now, house);
  }

  private Session(
      SessionId id,
      TenantId tenant,
      @Nullable TokenHash token,
      String model,
      Map<String, String> metadata,
      long createdMicros,
      long ttlMicros,
      long lastActiveMicros,
      House house) {
    this.idHigh = id.keyHigh();
    this.idLow = id.keyLow();
    this.idRest = id.rest();
    this.tenant = tenant;
    this.token = token;
    this.model = model;
    this.metadata = metadata;
    this.createdMicros = createdMicros;
    this.ttlMicros = ttlMicros;
    this.lastActiveMicros = lastActiveMicros;
    this.house = house;
  }

  public SessionId id() {
    return SessionId.ofKey(idHigh, idLow, idRest);
  }

  public TenantId tenant() {
    return tenant;
  }

  public SessionKind kind() {
    return token == null ? SessionKind.IMPLICIT : SessionKind.EXPLICIT;
  }

  /** By which an explicit session is found; {@code null} for an implicit one. */
  @Nullable TokenHash token() {
    return token;
  }

  public String model() {
    return model;
  }

  /** Opens the session for use; the end of its birth. */
  void ready() {
    synchronized (this) {
      moveTo(SessionState.IDLE);
    }
  }

  /** What came of asking for the turn. */
  public enum TurnAnswer {
    /** Granted already, or later. */
    ACCEPTED,
    /** As many wait as may wait. */
    LINE_FULL,
    /** The session is ending or has ended. */
    ENDED
  }

  /**
   * Asks for the session's turn. When the answer is {@code ACCEPTED} the holder is told {@code
   * granted} or {@code refused}, possibly before this call returns; otherwise it is told nothing.
   */
  public TurnAnswer requestTurn(TurnHolder asking) {
    Lease granted;
    synchronized (this) {
      if (!alive()) {
        return TurnAnswer.ENDED;
      }
      if (turn != null) {
        if (line == null) {
          line = new ArrayDeque<>(1);
        }
        if (line.size() >= house.longestLine) {
          return TurnAnswer.LINE_FULL;
        }
        line.add(asking);
        return TurnAnswer.ACCEPTED;
      }
      granted = begin(Grant.Use.TURN, asking);
    }
    asking.granted(granted);
    return TurnAnswer.ACCEPTED;
  }

  /** Holds the session beside whatever turn runs; empty when it is ending or has ended. */
  public synchronized Optional<Lease> hold() {
    return alive() ? Optional.of(begin(Grant.Use.HOLD, null)) : Optional.empty();
  }

  /**
   * Takes the session's turn to see to its KV state, which is no use of the session; empty unless
   * this is a quiet period. Turns that come meanwhile wait.
   */
  public synchronized Optional<Lease> upkeep() {
    return mayGo() ? Optional.of(begin(Grant.Use.UPKEEP, null)) : Optional.empty();
  }

  /** Whether a turn runs now. */
  public synchronized boolean busy() {
    return turn != null;
  }

  /**
   * Keeps the session from ending of itself while the dependant needs it; {@code false} when as
   * many others already do as may.
   */
  public synchronized boolean neededBy(Dependant dependant) {
    if (dependants == null) {
      dependants = new ArrayList<>(1);
    }
    dependants.removeIf(known -> known.equals(dependant) || !known.needsSession());
    return dependants.size() < MOST_DEPENDANTS && dependants.add(dependant);
  }

  /** Forgets a dependant. */
  public synchronized void releasedBy(Dependant dependant) {
    if (dependants != null) {
      dependants.remove(dependant);
      if (dependants.isEmpty()) {
        dependants = null;
      }
    }
  }

  /** Whether it is born and does not end: turns are accepted. */
  public boolean alive() {
    return stage == SessionState.IDLE;
  }

  /** Whether nobody holds or needs the session at this moment. */
  public synchronized boolean mayGo() {
    return stage == SessionState.IDLE && !held() && !needed();
  }

  private boolean needed() {
    if (dependants == null) {
      return false;
    }
    dependants.removeIf(known -> !known.needsSession());
    if (dependants.isEmpty()) {
      dependants = null;
    }
    return dependants != null;
  }

  /**
   * Takes the asking holder out of the line; {@code false} if it no longer waits, since it was
   * granted or refused.
   */
  public synchronized boolean withdraw(TurnHolder asking) {
    return line != null && line.remove(asking);
  }

  /** The number of the next turn, 1 for the first. */
  public synchronized int nextTurn() {
    return turns + 1;
  }

  /** Counts a turn that is part of the session's record now. */
  public synchronized void turnRecorded() {
    turns++;
  }

  void leaseEnded(Grant ended, LeaseEnd end) {
    TurnHolder next = null;
    Lease granted = null;
    CompletableFuture<Void> nowQuiet = null;
    synchronized (this) {
      giveBack(ended);
      if (ended.use() != Grant.Use.UPKEEP) {
        used();
      }
      if (!alive()) {
        nowQuiet = held() ? null : quiet;
      } else {
        next = turn == null && line != null ? line.poll() : null;
        if (next != null) {
          granted = grant(Grant.Use.TURN, next);
        } else if (!held()) {
          line = null;
          changed(SessionState.ACTIVE, SessionState.IDLE);
        }
      }
    }
    house.events.publish(new Event.LeaseEnded(id(), end));
    if (next != null && granted != null) {
      next.granted(granted);
    }
    if (nowQuiet != null) {
      nowQuiet.complete(null);
    }
  }

  private void giveBack(Grant ended) {
    if (ended.use() == Grant.Use.HOLD) {
      holds--;
    } else if (turn == ended) {
      turn = null;
    } else {
      throw new IllegalStateException("lease of " + id() + " ended, but another one is held");
    }
  }

  private boolean held() {
    return turn != null || holds > 0;
  }

  /**
   * Begins the end: nothing is accepted any more, those who wait are refused, and whoever holds the
   * turn is told to stop. Only the first call answers {@code true}.
   */
  public boolean beginTerminating() {
    return terminate(false);
  }

  /** Like {@link #beginTerminating}, but only in a quiet period. */
  public boolean beginTerminatingIfIdle() {
    return terminate(true);
  }

  private boolean terminate(boolean onlyIfQuiet) {
    List<TurnHolder> refused;
    Grant revoked;
    CompletableFuture<Void> nowQuiet;
    synchronized (this) {
      if (!stage.leadsTo(SessionState.TERMINATING) || (onlyIfQuiet && !mayGo())) {
        return false;
      }
      moveTo(SessionState.TERMINATING);
      refused = line == null ? List.of() : new ArrayList<>(line);
      line = null;
      dependants = null;
      revoked = turn;
      nowQuiet = held() ? null : quiet;
    }
    refused.forEach(TurnHolder::refused);
    if (revoked != null) {
      revoked.revoke();
    }
    if (nowQuiet != null) {
      nowQuiet.complete(null);
    }
    return true;
  }

  /** Completes when the session is ending and its last lease is back. */
  public synchronized CompletableFuture<Void> quiet() {
    if (quiet == null) {
      boolean ending = stage == SessionState.TERMINATING || stage == SessionState.TERMINATED;
      if (ending && !held()) {
        return CompletableFuture.completedFuture(null);
      }
      quiet = new CompletableFuture<>();
    }
    return quiet.copy();
  }

  /** The last transition. */
  public synchronized void terminated() {
    moveTo(SessionState.TERMINATED);
  }

  /** What its recent life was like; nothing is known before the first call. */
  public synchronized SessionActivity activity() {
    if (activity == null) {
      activity = new SessionActivity();
    }
    return activity;
  }

  /** Notes how many KV tokens an engine holds for the session. */
  public synchronized void holdsKvTokens(int tokens) {
    kvTokens = tokens;
  }

  /** Notes on which tier below the engine the session's snapshot is. */
  synchronized void shelved(Residency tier) {
    shelved = tier;
  }

  /**
   * Whether nobody has used or needed the session for its whole {@code context_ttl}. A last use in
   * the future was before the clock went back: then the time to live begins anew, so the session
   * neither ends early nor stays for ever.
   */
  public boolean expired(Instant now) {
    // Most that a sweep asks live on, and are not locked for it.
    long nowMicros = EpochMicros.of(now);
    long seen = lastActiveMicros;
    return (nowMicros < seen || nowMicros >= EpochMicros.plus(seen, ttlMicros))
        && outlived(nowMicros);
  }

  private synchronized boolean outlived(long now) {
    if (now < lastActiveMicros) {
      // The clock is asked again, since the moment of a long sweep may be past.
      lastActiveMicros = Math.min(lastActiveMicros, EpochMicros.of(house.clock.instant()));
    }
    return now >= EpochMicros.plus(lastActiveMicros, ttlMicros) && mayGo();
  }

  /** How many leases are held. */
  public synchronized int leases() {
    return (turn == null ? 0 : 1) + holds;
  }

  public synchronized SessionState state() {
    return stage == SessionState.IDLE && held() ? SessionState.ACTIVE : stage;
  }

  /**
   * Seconds from one moment; for counts of very many, which make nothing else of a session.
   *
   * @param active whether anybody holds it
   * @param sinceBirth negative while it is yet to be born
   * @param sinceUse negative where it was used since
   * @param left until it ends if it is not used again; not positive where that is due
   */
  public record Times(boolean active, double sinceBirth, double sinceUse, double left) {}

  /** Where it stands in its time. */
  public Times times(Instant now) {
    long nowMicros = EpochMicros.of(now);
    long used = lastActiveMicros;
    return new Times(
        state() == SessionState.ACTIVE,
        (nowMicros - createdMicros) / MICROS_PER_SECOND,
        (nowMicros - used) / MICROS_PER_SECOND,
        (EpochMicros.plus(used, ttlMicros) - nowMicros) / MICROS_PER_SECOND);
  }

  public synchronized SessionSnapshot snapshot() {
    return new SessionSnapshot(
        id(),
        tenant,
        kind(),
        model,
        state(),
        kvTokens > 0 ? Residency.HOT : shelved,
        turns,
        kvTokens,
        EpochMicros.instant(createdMicros),
        EpochMicros.instant(lastActiveMicros),
        EpochMicros.instant(EpochMicros.plus(lastActiveMicros, ttlMicros)),
        metadata,
        activity);
  }

  private Lease begin(Grant.Use use, @Nullable TurnHolder asking) {
    boolean idle = !held();
    Lease granted = grant(use, asking);
    if (idle) {
      changed(SessionState.IDLE, SessionState.ACTIVE);
    }
    return granted;
  }

  private Lease grant(Grant.Use use, @Nullable TurnHolder asking) {
    Grant granted = new Grant(this, use);
    if (use == Grant.Use.HOLD) {
      holds++;
    } else {
      turn = granted;
    }
    if (use != Grant.Use.UPKEEP) {
      used();
    }
    return granted.lease(asking, house.leases);
  }

  /** A clock that jumps back does not make a session older. */
  private void used() {
    lastActiveMicros = Math.max(lastActiveMicros, EpochMicros.of(house.clock.instant()));
  }

  private void moveTo(SessionState next) {
    SessionState before = state();
    if (!before.leadsTo(next)) {
      throw new IllegalStateException(
          "session " + id() + ": " + before + " does not lead to " + next);
    }
    stage = next;
    changed(before, next);
  }

  private void changed(SessionState before, SessionState next) {
    house.events.publish(new Event.StateChanged(id(), before, next));
  }

  @Override
  public String toString() {
    return id().toString();
  }
}
