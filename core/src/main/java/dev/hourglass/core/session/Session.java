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
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One conversation and its life.
 *
 * <p>A session runs one turn at a time. Whoever asks while it is busy waits in a bounded line, in
 * the order of asking. State changes happen under the session's lock; holders are told after it is
 * free, so that they may call back.
 */
public final class Session {
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
  private final CompletableFuture<Void> quiet = new CompletableFuture<>();

  // Guarded by this.
  private SessionState state = SessionState.INITIALIZING;
  private Instant lastActive;
  private int turns;
  private int kvTokens;
  private Residency shelved = Residency.TRANSCRIPT;
  private @Nullable SessionActivity activity;
  private @Nullable Lease lease;
  private @Nullable TurnHolder holder;
  private final Deque<TurnHolder> line = new ArrayDeque<>();

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
      EventBus events) {
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
      if (!usable()) {
        return TurnAnswer.ENDED;
      }
      if (lease != null) {
        if (line.size() >= longestLine) {
          return TurnAnswer.LINE_FULL;
        }
        line.add(asking);
        return TurnAnswer.ACCEPTED;
      }
      granted = grantTo(asking);
    }
    asking.granted(granted);
    return TurnAnswer.ACCEPTED;
  }

  /** Whether a turn runs now. */
  public synchronized boolean busy() {
    return lease != null;
  }

  /**
   * Takes the asking holder out of the line; {@code false} if it no longer waits, since it was
   * granted or refused.
   */
  public synchronized boolean withdraw(TurnHolder asking) {
    return line.remove(asking);
  }

  /** The number of the next turn, 1 for the first. */
  public synchronized int nextTurn() {
    return turns + 1;
  }

  /** Counts a turn that is part of the session's record now. */
  public synchronized void turnRecorded() {
    turns++;
  }

  void leaseEnded(Lease ended, LeaseEnd end) {
    TurnHolder next = null;
    Lease granted = null;
    boolean nowQuiet = false;
    synchronized (this) {
      if (lease != ended) {
        throw new IllegalStateException("lease of " + id + " ended, but another one is held");
      }
      lease = null;
      holder = null;
      lastActive = latest(lastActive, clock.instant());
      if (state == SessionState.TERMINATING) {
        nowQuiet = true;
      } else {
        next = line.poll();
        if (next == null) {
          moveTo(SessionState.IDLE);
        } else {
          granted = grantTo(next);
        }
      }
    }
    events.publish(new Event.LeaseEnded(id, end));
    if (next != null && granted != null) {
      next.granted(granted);
    }
    if (nowQuiet) {
      quiet.complete(null);
    }
  }

  /**
   * Begins the end: nothing is accepted any more, those who wait are refused, and whoever holds the
   * turn is told to stop. Only the first call answers {@code true}.
   */
  public boolean beginTerminating() {
    return terminate(false);
  }

  /** Like {@link #beginTerminating}, but only if the session is idle at this moment. */
  public boolean beginTerminatingIfIdle() {
    return terminate(true);
  }

  private boolean terminate(boolean onlyIdle) {
    List<TurnHolder> refused;
    TurnHolder revoked;
    synchronized (this) {
      if (!state.leadsTo(SessionState.TERMINATING) || (onlyIdle && state != SessionState.IDLE)) {
        return false;
      }
      moveTo(SessionState.TERMINATING);
      refused = new ArrayList<>(line);
      line.clear();
      revoked = holder;
    }
    refused.forEach(TurnHolder::refused);
    if (revoked == null) {
      quiet.complete(null);
    } else {
      revoked.revoked();
    }
    return true;
  }

  /** Completes when the session is ending and its last lease is back. */
  public CompletableFuture<Void> quiet() {
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

  /** Whether nobody has used the session for its whole {@code context_ttl}. */
  public synchronized boolean expired(Instant now) {
    return state == SessionState.IDLE && !now.isBefore(expiresAt());
  }

  public synchronized SessionState state() {
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

  private boolean usable() {
    return state == SessionState.IDLE || state == SessionState.ACTIVE;
  }

  private Lease grantTo(TurnHolder asking) {
    Lease granted = new Lease(this);
    lease = granted;
    holder = asking;
    lastActive = latest(lastActive, clock.instant());
    if (state != SessionState.ACTIVE) {
      moveTo(SessionState.ACTIVE);
    }
    return granted;
  }

  private Instant expiresAt() {
    return lastActive.plus(contextTtl);
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
