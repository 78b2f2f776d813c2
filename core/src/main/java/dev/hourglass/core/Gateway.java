package dev.hourglass.core;

import dev.hourglass.core.Refusal.Kind;
import dev.hourglass.core.TurnRequest.Input;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.Applicant;
import dev.hourglass.core.admission.Applicant.Standing;
import dev.hourglass.core.admission.TurnLimit;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.MessageChain;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionTable.Birth;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The way of a turn through the house: identify the session → admit → route → generate → record →
 * settle.
 *
 * <p>The first two happen at once, from memory, on the caller's thread; a turn that has to wait for
 * a slot holds no thread meanwhile. A {@link Turn} carries the rest: it waits for its session, runs
 * on an engine, is made durable where the session is explicit, and gives back whatever it took.
 */
public final class Gateway {
  private static final Duration OVERLOAD_RETRY = Duration.ofSeconds(1);
  private static final Duration CUT_DEADLINE = Duration.ofSeconds(5);

  private final SessionTable table;
  private final EngineDirectory engines;
  private final SessionStore store;
  private final Destruction destruction;
  private final Admissions admissions;
  private final ActivityWatch activity;
  private final Executor blocking;
  private final InstantSource clock;
  private final EventBus events;

  /** Turns in the house; bounded by the limit. */
  private final Set<Turn> turns = ConcurrentHashMap.newKeySet();

  private volatile boolean stopping;

  /**
   * Creates a gateway.
   *
   * @param blocking runs what waits for the store; a virtual thread for each task
   */
  public Gateway(
      SessionTable table,
      EngineDirectory engines,
      SessionStore store,
      Destruction destruction,
      Admissions admissions,
      ActivityWatch activity,
      Executor blocking,
      InstantSource clock,
      EventBus events) {
    this.table = table;
    this.engines = engines;
    this.store = store;
    this.destruction = destruction;
    this.admissions = admissions;
    this.activity = activity;
    this.blocking = blocking;
    this.clock = clock;
    this.events = events;
  }

  /**
   * Takes a turn. Returns at once; {@code listener} is told the rest, possibly before this returns.
   */
  public TurnHandle submit(TurnRequest request, TurnListener listener) {
    arrived(request.model(), request.entry());
    Optional<TurnLimit.Permit> permit = admissions.enterHouse();
    if (permit.isEmpty()) {
      return refuse(
          listener,
          Refusal.later(
              Kind.OVERLOADED,
              "turns: %d in the house (the limit)".formatted(admissions.mostTurns()),
              OVERLOAD_RETRY));
    }
    Turn turn = new Turn(this, request, listener, permit.get(), clock.instant());
    turns.add(turn);
    if (stopping) {
      turn.refuse(Refusal.of(Kind.STOPPING, "the gateway is shutting down"));
      return turn;
    }
    switch (identify(request)) {
      case Answer.Refused<Identity>(Refusal refusal) -> turn.refuse(refusal);
      case Answer.Given<Identity>(Identity identity) -> turn.apply(identity);
    }
    return turn;
  }

  /**
   * Refuses a turn that would be refused whatever its body says, so that nobody need read it; empty
   * where that is not certain.
   */
  public Optional<Refusal> turnAway(TenantId tenant, TurnRequest.Entry entry) {
    if (entry.reservation() != null) {
      return Optional.empty();
    }
    Optional<Refusal> refusal =
        admissions
            .ofOnlyModel()
            .flatMap(
                admission -> admission.turnAway(applicant(tenant, entry, Standing.LIVE_SESSION)))
            .map(Refusal::of);
    refusal.ifPresent(refused -> {
      arrived(null, entry);
      events.publish(new Event.TurnRefused(refused));
    });
    return refusal;
  }

  /** Whoever comes back as told is no further demand. */
  private void arrived(@Nullable String model, TurnRequest.Entry entry) {
    if (!entry.comesBack()) {
      engines.resolve(model).ifPresent(known -> events.publish(new Event.TurnArrived(known)));
    }
  }

  static Applicant applicant(TenantId tenant, TurnRequest.Entry entry, Standing standing) {
    return new Applicant(
        tenant, entry.criticality(), standing, entry.ticket(), entry.resent(), entry.body());
  }

  /**
   * Whose turn it is.
   *
   * @param known the session that it goes on with; {@code null} for one that is yet to be born
   * @param asked the history to recognise an implicit session by; {@code null} for others
   */
  record Identity(String model, @Nullable Session known, @Nullable MessageChain asked) {}

  /** Finds out, and changes nothing: a turn may still be refused. */
  private Answer<Identity> identify(TurnRequest request) {
    Optional<String> model = engines.resolve(request.model());
    if (model.isEmpty()) {
      return new Answer.Refused<>(Sessions.unknownModel(request.model()));
    }
    return switch (request.input()) {
      case Input.Continuation continuation -> opened(request, continuation.token(), model.get());
      case Input.Conversation(var messages) -> {
        MessageChain asked = MessageChain.of(request.tenant(), messages);
        yield new Answer.Given<>(
            new Identity(model.get(), recognised(asked, model.get()).orElse(null), asked));
      }
      case Input.Completion _ -> new Answer.Given<>(new Identity(model.get(), null, null));
    };
  }

  private Answer<Identity> opened(TurnRequest request, SessionToken token, String model) {
    Optional<Session> session = table.byToken(request.tenant(), token);
    if (session.isEmpty() || expire(session.get())) {
      return new Answer.Refused<>(Sessions.invalidToken());
    }
    if (request.model() != null && !session.get().model().equals(model)) {
      return new Answer.Refused<>(
          Refusal.ofParam(
              Kind.INVALID_PARAMETER,
              "model",
              "model: %s (expected: the session's, %s, or none)"
                  .formatted(request.model(), session.get().model())));
    }
    if (!engines.serves(session.get().model())) {
      return new Answer.Refused<>(Sessions.unknownModel(session.get().model()));
    }
    return new Answer.Given<>(new Identity(session.get().model(), session.get(), null));
  }

  /** A busy session is not waited for: the conversation forks, and shares the prefix's KV. */
  private Optional<Session> recognised(MessageChain asked, String model) {
    return continued(asked, model).filter(known -> !known.busy());
  }

  /** The session that the conversation goes on with, busy or not, unless it ends or has to. */
  private Optional<Session> continued(MessageChain asked, String model) {
    return table
        .continuedBy(asked)
        .filter(known -> known.model().equals(model) && !expire(known) && known.alive());
  }

  /** The lazy half of expiry; the sweep is the other. */
  private boolean expire(Session session) {
    return session.expired(clock.instant())
        && destruction.destroyIfIdle(session, DestructionReason.EXPIRED);
  }

  /** The session of a turn that is let in. Time may have passed since it was identified. */
  Session sessionOf(TurnRequest request, Identity identity) {
    if (identity.asked() == null) {
      return identity.known() == null ? born(request, identity.model()) : identity.known();
    }
    Optional<Session> known = continued(identity.asked(), identity.model());
    if (known.isPresent() && !known.get().busy()) {
      return known.get();
    }
    Session fork = born(request, identity.model());
    known.ifPresent(origin -> origin.neededBy(fork::alive));
    return fork;
  }

  private Session born(TurnRequest request, String model) {
    Birth birth = table.addImplicit(request.tenant(), model);
    if (birth.displaced() != null) {
      destruction.destroyIfIdle(birth.displaced(), DestructionReason.PRESSURE);
    }
    return birth.session();
  }

  private TurnHandle refuse(TurnListener listener, Refusal refusal) {
    events.publish(new Event.TurnRefused(refusal));
    listener.refused(refusal);
    return () -> {};
  }

  /**
   * Stops accepting turns and waits for those in the house; at the deadline they are cut. Blocks.
   */
  public void drain(Duration deadline) throws InterruptedException {
    stopping = true;
    if (!awaitTurns(deadline)) {
      turns.forEach(Turn::cut);
      awaitTurns(CUT_DEADLINE);
    }
  }

  private boolean awaitTurns(Duration deadline) throws InterruptedException {
    CompletableFuture<?>[] ends =
        turns.stream().map(Turn::left).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(ends).get(deadline.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException late) {
      return false;
    } catch (ExecutionException impossible) {
      throw new IllegalStateException("a turn leaves without a result", impossible);
    }
  }

  /** Turns in the house, waiting ones included. */
  public int turnsInFlight() {
    return admissions.turns();
  }

  void left(Turn turn) {
    turns.remove(turn);
  }

  /** Who gets in. */
  public Admissions admissions() {
    return admissions;
  }

  /** How active sessions are. */
  public ActivityWatch activity() {
    return activity;
  }

  SessionTable table() {
    return table;
  }

  EngineDirectory engines() {
    return engines;
  }

  SessionStore store() {
    return store;
  }

  Destruction destruction() {
    return destruction;
  }

  Executor blocking() {
    return blocking;
  }

  InstantSource clock() {
    return clock;
  }

  EventBus events() {
    return events;
  }
}
