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

  private final SessionId id;
  private final TenantId tenant;
  private final SessionKind kind;
  private final String model;
  private final Instant createdAt;
  private final Duration contextTtl;
  private final Map<String, String> metadata;
  private final int longestLine;
  private final InstantSource clock;
  private final EventBus events;
  private final LeaseGuard leases;

  /** Written under the lock. */
  private volatile SessionState state = SessionState.INITIALIZING;

  // Guarded by this. What an idle session does not need is not there.
  private Instant lastActive;
  private int turns;
  private int kvTokens;
  private Residency shelved = Residency.TRANSCRIPT;
  private @Nullable SessionActivity activity;
  private @Nullable Grant turn;
  private int holds;
  private @Nullable Deque<TurnHolder> line;
  private @Nullable List<Dependant> dependants;
  private @Nullable CompletableFuture<Void> quiet;

  Session(
      SessionId id,
      TenantId tenant,
      SessionKind kind,
      String model,
      Instant createdAt,
      Duration contextTtl,
      Map<String, String> metadata,
      Instant lastActive,
      int turns,
      int longestLine,
      InstantSource clock,
      EventBus events,
      LeaseGuard leases) {
    this.id = id;
    this.tenant = tenant;
    this.kind = kind;
    this.model = model;
    this.createdAt = createdAt;
    this.contextTtl = contextTtl;
    this.metadata = Map.copyOf(metadata);
    this.lastActive = lastActive;
    this.turns = turns;
    this.longestLine = longestLine;
    this.clock = clock;
    this.events = events;
    this.leases = leases;
  }

  public SessionId id() {
    return id;
  }

  public TenantId tenant() {
    return tenant;
  }

  public SessionKind kind() {
    return kind;
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
        if (line.size() >= longestLine) {
          return TurnAnswer.LINE_FULL;
        }
        line.add(asking);
        return TurnAnswer.ACCEPTED;
      }
      granted = grant(Grant.Use.TURN, asking);
    }
    asking.granted(granted);
    return TurnAnswer.ACCEPTED;
  }

  /** Holds the session beside whatever turn runs; empty when it is ending or has ended. */
  public synchronized Optional<Lease> hold() {
    return alive() ? Optional.of(grant(Grant.Use.HOLD, null)) : Optional.empty();
  }

  /**
   * Takes the session's turn to see to its KV state, which is no use of the session; empty unless
   * this is a quiet period. Turns that come meanwhile wait.
   */
  public synchronized Optional<Lease> upkeep() {
    return mayGo() ? Optional.of(grant(Grant.Use.UPKEEP, null)) : Optional.empty();
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
    }
  }

  /** Whether it is born and does not end: turns are accepted. */
  public boolean alive() {
    SessionState now = state;
    return now == SessionState.IDLE || now == SessionState.ACTIVE;
  }

  /** Whether nobody holds or needs the session at this moment. */
  public synchronized boolean mayGo() {
    return state == SessionState.IDLE && !needed();
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
        lastActive = latest(lastActive, clock.instant());
      }
      if (!alive()) {
        nowQuiet = held() ? null : quiet;
      } else {
        next = turn == null && line != null ? line.poll() : null;
        if (next != null) {
          granted = grant(Grant.Use.TURN, next);
        } else if (!held()) {
          line = null;
          moveTo(SessionState.IDLE);
        }
      }
    }
    events.publish(new Event.LeaseEnded(id, end));
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
      throw new IllegalStateException("lease of " + id + " ended, but another one is held");
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
      if (!state.leadsTo(SessionState.TERMINATING) || (onlyIfQuiet && !mayGo())) {
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
      boolean ending = state == SessionState.TERMINATING || state == SessionState.TERMINATED;
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
  public synchronized boolean expired(Instant now) {
    if (now.isBefore(lastActive)) {
      // The clock is asked again, since the moment of a long sweep may be past.
      Instant shown = clock.instant();
      lastActive = shown.isBefore(lastActive) ? shown : lastActive;
    }
    return !now.isBefore(expiresAt()) && mayGo();
  }

  /** How many leases are held. */
  public synchronized int leases() {
    return (turn == null ? 0 : 1) + holds;
  }

  public SessionState state() {
    return state;
  }

  public synchronized SessionSnapshot snapshot() {
    return new SessionSnapshot(
        id,
        tenant,
        kind,
        model,
        state,
        kvTokens > 0 ? Residency.HOT : shelved,
        turns,
        kvTokens,
        createdAt,
        lastActive,
        expiresAt(),
        metadata,
        activity);
  }

  private Lease grant(Grant.Use use, @Nullable TurnHolder asking) {
    Grant granted = new Grant(this, use);
    if (use == Grant.Use.HOLD) {
      holds++;
    } else {
      turn = granted;
    }
    if (use != Grant.Use.UPKEEP) {
      lastActive = latest(lastActive, clock.instant());
    }
    if (state != SessionState.ACTIVE) {
      moveTo(SessionState.ACTIVE);
    }
    return granted.lease(asking, leases);
  }

  /** The end of time where the sum is beyond it. */
  private Instant expiresAt() {
    return contextTtl.compareTo(Duration.between(lastActive, Instant.MAX)) >= 0
        ? Instant.MAX
        : lastActive.plus(contextTtl);
  }

  private void moveTo(SessionState next) {
    if (!state.leadsTo(next)) {
      throw new IllegalStateException("session " + id + ": " + state + " does not lead to " + next);
    }
    SessionState before = state;
    state = next;
    events.publish(new Event.StateChanged(id, before, next));
  }

  /** A clock that jumps back does not make a session older. */
  private static Instant latest(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  @Override
  public String toString() {
    return id.toString();
  }
}
