package dev.hourglass.core;

import dev.hourglass.core.Refusal.Kind;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.SessionSnapshot;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TurnRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control of sessions: create, look, read, destroy. Calls block on the store; they are not for
 * event loops.
 */
public final class Sessions {
  private static final Logger log = LoggerFactory.getLogger(Sessions.class);
  private static final Duration SESSION_LIMIT_RETRY = Duration.ofSeconds(30);

  private final SessionTable table;
  private final SessionLimits limits;
  private final SessionStore store;
  private final EngineDirectory engines;
  private final Destruction destruction;
  private final RandomGenerator secureRandom;
  private final InstantSource clock;

  public Sessions(
      SessionTable table,
      SessionLimits limits,
      SessionStore store,
      EngineDirectory engines,
      Destruction destruction,
      RandomGenerator secureRandom,
      InstantSource clock) {
    this.table = table;
    this.limits = limits;
    this.store = store;
    this.engines = engines;
    this.destruction = destruction;
    this.secureRandom = secureRandom;
    this.clock = clock;
  }

  /**
   * Who asks.
   *
   * @param tenant whom the API key stands for, or the default tenant
   * @param token the session token beside it; {@code null} where none was sent
   */
  public record Caller(TenantId tenant, @Nullable SessionToken token) {}

  /**
   * A session that a client wants.
   *
   * @param model {@code null} for the default one
   * @param ttl its {@code context_ttl}; {@code null} for the default
   * @param messages what the conversation starts from, a system prompt first
   */
  public record NewSession(
      @Nullable String model,
      @Nullable Duration ttl,
      Map<String, String> metadata,
      List<ChatMessage> messages) {
    public NewSession {
      metadata = Map.copyOf(metadata);
      messages = List.copyOf(messages);
    }
  }

  /** A session just born; the only time its token is told. */
  public record Created(SessionSnapshot session, SessionToken token, Duration contextTtl) {}

  /** Takes up the sessions that a store kept, and finishes destructions that were under way. */
  public void recover() {
    Instant now = clock.instant();
    int kept = 0;
    for (SessionRecord stored : store.sessions()) {
      if (engines.resolve(stored.model()).isEmpty()) {
        String model = engines.resolve(null).orElseThrow();
        log.info("session {} goes on with {}, {} is gone", stored.id(), model, stored.model());
        stored = withModel(stored, model);
      }
      Session session = table.addStored(stored);
      table.open(session);
      if (stored.terminating()) {
        var _ = destruction.destroy(session, DestructionReason.CLOSED);
      } else if (session.expired(now)) {
        var _ = destruction.destroy(session, DestructionReason.EXPIRED);
      } else {
        kept++;
      }
    }
    if (kept > 0) {
      log.info("{} sessions go on where they were", kept);
    }
  }

  private static SessionRecord withModel(SessionRecord stored, String model) {
    return new SessionRecord(
        stored.id(),
        stored.tenant(),
        stored.tokenHash(),
        model,
        stored.createdAt(),
        stored.contextTtl(),
        stored.metadata(),
        stored.lastActive(),
        stored.turns(),
        stored.terminating());
  }

  /** Creates an explicit session; it is durable when this returns. */
  public Answer<Created> create(TenantId tenant, NewSession wanted) {
    Optional<String> model = engines.resolve(wanted.model());
    if (model.isEmpty()) {
      return new Answer.Refused<>(unknownModel(wanted.model()));
    }
    Duration ttl = wanted.ttl() == null ? limits.defaultTtl() : wanted.ttl();
    if (!ttl.isPositive() || ttl.compareTo(limits.longestTtl()) > 0) {
      return new Answer.Refused<>(
          Refusal.ofParam(
              Kind.INVALID_PARAMETER,
              "ttl_seconds",
              "ttl_seconds: %d (expected: 1 to %d)"
                  .formatted(ttl.toSeconds(), limits.longestTtl().toSeconds())));
    }
    SessionToken token = SessionToken.random(secureRandom);
    Instant now = clock.instant();
    SessionRecord explicit =
        new SessionRecord(
            table.newId(),
            tenant,
            token.hash(),
            model.get(),
            now,
            ttl,
            wanted.metadata(),
            now,
            0,
            false);
    Optional<Session> added = table.addExplicit(explicit);
    if (added.isEmpty()) {
      return new Answer.Refused<>(
          Refusal.later(
              Kind.SESSION_LIMIT,
              "sessions: %d live (the limit); destroy one or wait for one to expire"
                  .formatted(limits.explicitSessions()),
              SESSION_LIMIT_RETRY));
    }
    Session session = added.get();
    try {
      store.create(explicit, wanted.messages());
    } catch (SessionStoreException failure) {
      log.error("session could not be stored", failure);
      table.remove(session);
      return new Answer.Refused<>(
          Refusal.of(Kind.STORE_FAILED, "the session could not be stored; nothing was created"));
    }
    table.open(session);
    return new Answer.Given<>(new Created(session.snapshot(), token, ttl));
  }

  /** A tenant's live sessions, latest used first. */
  public List<SessionSnapshot> list(TenantId tenant) {
    return table.list(tenant);
  }

  /** One live session. */
  public Answer<SessionSnapshot> find(Caller caller, SessionId id) {
    return switch (access(caller, id)) {
      case Answer.Given<Session>(Session session) -> new Answer.Given<>(session.snapshot());
      case Answer.Refused<Session>(Refusal refusal) -> new Answer.Refused<>(refusal);
    };
  }

  /** Every turn of one live session; none for an implicit one, whose text is not kept. */
  public Answer<List<TurnRecord>> turns(Caller caller, SessionId id) {
    return switch (access(caller, id)) {
      case Answer.Given<Session>(Session session) ->
          new Answer.Given<>(session.kind() == SessionKind.EXPLICIT ? store.turns(id) : List.of());
      case Answer.Refused<Session>(Refusal refusal) -> new Answer.Refused<>(refusal);
    };
  }

  /** Begins to destroy one session, or answers with the receipt of one that is gone. */
  public Answer<CompletableFuture<DestructionReceipt>> destroy(Caller caller, SessionId id) {
    return switch (access(caller, id)) {
      case Answer.Given<Session>(Session session) ->
          new Answer.Given<>(destruction.destroy(session, DestructionReason.CLOSED));
      case Answer.Refused<Session>(Refusal refusal) ->
          caller.token() == null ? receipt(caller.tenant(), id) : new Answer.Refused<>(refusal);
    };
  }

  /** Whether erased text of a session may still be in the store's files. Never blocks. */
  public boolean textLeft(SessionId id) {
    return store.textLeft(id);
  }

  /**
   * The receipt of a tenant's session that is being destroyed or was. A token dies with its
   * session, so it is not asked for.
   */
  public Answer<CompletableFuture<DestructionReceipt>> receipt(TenantId tenant, SessionId id) {
    Optional<Session> ending = table.byId(id);
    if (ending.isPresent() && !ending.get().tenant().equals(tenant)) {
      return new Answer.Refused<>(notFound(id));
    }
    Optional<CompletableFuture<DestructionReceipt>> receipt = destruction.receipt(id);
    if (receipt.isEmpty()
        || (receipt.get().isDone() && !receipt.get().join().tenant().equals(tenant))) {
      return new Answer.Refused<>(notFound(id));
    }
    return new Answer.Given<>(receipt.get());
  }

  /** A token opens its own session only; without one, the tenant's key opens the tenant's. */
  private Answer<Session> access(Caller caller, SessionId id) {
    if (caller.token() != null) {
      Optional<Session> opened = table.byToken(caller.tenant(), caller.token());
      if (opened.isEmpty() || !opened.get().id().equals(id) || expire(opened.get())) {
        return new Answer.Refused<>(invalidToken());
      }
      return new Answer.Given<>(opened.get());
    }
    Optional<Session> session =
        table.byId(id).filter(found -> found.tenant().equals(caller.tenant()));
    if (session.isEmpty() || expire(session.get())) {
      return new Answer.Refused<>(notFound(id));
    }
    return new Answer.Given<>(session.get());
  }

  /** The lazy half of expiry; the sweep is the other. */
  private boolean expire(Session session) {
    return session.expired(clock.instant())
        && destruction.destroyIfIdle(session, DestructionReason.EXPIRED);
  }

  static Refusal unknownModel(@Nullable String model) {
    return Refusal.ofParam(
        Kind.MODEL_NOT_FOUND,
        "model",
        "model: %s (expected: one that /v1/models lists)".formatted(model));
  }

  static Refusal invalidToken() {
    return Refusal.of(
        Kind.INVALID_SESSION_TOKEN, "the session token is unknown, or its session has ended");
  }

  private static Refusal notFound(SessionId id) {
    return Refusal.of(Kind.SESSION_NOT_FOUND, "session: %s is not here".formatted(id));
  }
}
