package dev.hourglass.core;

import dev.hourglass.core.Refusal.Kind;
import dev.hourglass.core.TurnRequest.Input;
import dev.hourglass.core.admission.TurnLimit;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.MessageChain;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.SessionTable.Birth;
import dev.hourglass.core.session.SessionToken;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
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
 * <p>The first three happen at once, from memory, on the caller's thread. A {@link Turn} carries
 * the rest: it waits for its session, runs on an engine, is made durable where the session is
 * explicit, and gives back whatever it took.
 */
public final class Gateway {
  private static final Duration OVERLOAD_RETRY = Duration.ofSeconds(1);
  private static final Duration CUT_DEADLINE = Duration.ofSeconds(5);

  private final SessionTable table;
  private final EngineDirectory engines;
  private final SessionStore store;
  private final Destruction destruction;
  private final TurnLimit limit;
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
      TurnLimit limit,
      Executor blocking,
      InstantSource clock,
      EventBus events) {
    this.table = table;
    this.engines = engines;
    this.store = store;
    this.destruction = destruction;
    this.limit = limit;
    this.blocking = blocking;
    this.clock = clock;
    this.events = events;
  }

  /**
   * Takes a turn. Returns at once; {@code listener} is told the rest, possibly before this returns.
   */
  public TurnHandle submit(TurnRequest request, TurnListener listener) {
    engines
        .resolve(request.model())
        .ifPresent(model -> events.publish(new Event.TurnArrived(model)));
    Optional<TurnLimit.Permit> permit = limit.acquire();
    if (permit.isEmpty()) {
      return refuse(
          listener,
          Refusal.later(
              Kind.OVERLOADED,
              "turns: %d in the house (the limit)".formatted(limit.most()),
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
      case Answer.Given<Identity>(Identity(Session session, MessageChain asked)) ->
          turn.enter(session, asked);
    }
    return turn;
  }

  /**
   * Whose turn it is.
   *
   * @param asked the history to recognise an implicit session by; {@code null} for others
   */
  private record Identity(Session session, @Nullable MessageChain asked) {}

  private Answer<Identity> identify(TurnRequest request) {
    Optional<String> model = engines.resolve(request.model());
    if (model.isEmpty()) {
      return new Answer.Refused<>(Sessions.unknownModel(request.model()));
    }
    return switch (request.input()) {
      case Input.Continuation continuation -> opened(request, continuation.token(), model.get());
      case Input.Conversation(var messages) ->
          new Answer.Given<>(recognised(request, messages, model.get()));
      case Input.Completion _ -> new Answer.Given<>(new Identity(born(request, model.get()), null));
    };
  }

  private Answer<Identity> opened(TurnRequest request, SessionToken token, String model) {
    Optional<Session> session = table.byToken(request.tenant(), token);
    if (session.isEmpty()
        || (session.get().expired(clock.instant())
            && destruction.destroyIfIdle(session.get(), DestructionReason.EXPIRED))) {
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
    return new Answer.Given<>(new Identity(session.get(), null));
  }

  /** A busy session is not waited for: the conversation forks, and shares the prefix's KV. */
  private Identity recognised(TurnRequest request, List<ChatMessage> messages, String model) {
    MessageChain asked = MessageChain.of(request.tenant(), messages);
    Session session =
        table
            .continuedBy(asked)
            .filter(known -> known.model().equals(model) && !known.busy())
            .orElseGet(() -> born(request, model));
    return new Identity(session, asked);
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
    return limit.current();
  }

  void left(Turn turn) {
    turns.remove(turn);
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
