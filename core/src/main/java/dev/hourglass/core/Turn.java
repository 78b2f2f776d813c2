package dev.hourglass.core;

import dev.hourglass.core.Gateway.Identity;
import dev.hourglass.core.Refusal.Kind;
import dev.hourglass.core.TurnEnd.TurnTiming;
import dev.hourglass.core.TurnRequest.Input;
import dev.hourglass.core.admission.Applicant.Standing;
import dev.hourglass.core.admission.Candidate;
import dev.hourglass.core.admission.Decision;
import dev.hourglass.core.admission.Permit;
import dev.hourglass.core.admission.Place;
import dev.hourglass.core.admission.Rejection;
import dev.hourglass.core.admission.TurnLimit;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.Placement;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.reservation.ReservedCapacity;
import dev.hourglass.core.reservation.ReservedPlace;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.Dependant;
import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.MessageChain;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionStoreException;
import dev.hourglass.core.session.TurnHolder;
import dev.hourglass.core.session.TurnRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One turn in the house.
 *
 * <p>It holds a permit from birth, a slot once admitted and a lease once granted, and gives all of
 * them back exactly once, in {@link #leave}. Three things may stop it: its client ({@link
 * #cancel}), its session's end ({@link #revoked}) and the gateway's ({@link #cut}); the first to
 * come decides how the end is told.
 */
final class Turn implements TurnHandle, TurnHolder, GenerationSink, Candidate, Dependant {
  private static final Logger log = LoggerFactory.getLogger(Turn.class);
  private static final Duration BUSY_RETRY = Duration.ofSeconds(1);

  private final Gateway house;
  private final TurnRequest request;
  private final TurnListener listener;
  private final TurnLimit.Permit permit;
  private final Instant arrived;
  private final CompletableFuture<Void> left = new CompletableFuture<>();
  private final AtomicBoolean over = new AtomicBoolean();
  private final StringBuilder answer = new StringBuilder();

  private volatile @Nullable Session session;

  // Handed from thread to thread with the turn itself.
  private @Nullable Identity identity;
  private @Nullable Session awaited;
  private @Nullable ReservedPlace reservedPlace;
  private @Nullable Permit slot;
  private @Nullable MessageChain asked;
  private @Nullable Lease lease;
  private boolean started;
  private @Nullable Instant startedAt;
  private @Nullable Instant firstTextAt;

  // Guarded by this.
  private @Nullable Place place;
  private @Nullable Stop stop;
  private @Nullable Generation generation;

  /** Who wants the turn to stop. */
  private enum Stop {
    CLIENT,
    SESSION_ENDED,
    GATEWAY_STOPPED
  }

  Turn(
      Gateway house,
      TurnRequest request,
      TurnListener listener,
      TurnLimit.Permit permit,
      Instant arrived) {
    this.house = house;
    this.request = request;
    this.listener = listener;
    this.permit = permit;
    this.arrived = arrived;
  }

  // --- admit -----------------------------------------------------------------------------------

  /**
   * Asks to be let in. A turn with a reservation knows its session before, since the reservation is
   * for so many of them.
   */
  void apply(Identity found) {
    identity = found;
    asked = found.asked();
    Standing standing = found.known() == null ? Standing.NEW_SESSION : Standing.LIVE_SESSION;
    needs(found.known());
    if (request.entry().reservation() != null) {
      Session reserving = house.sessionOf(request, found);
      session = reserving;
      needs(reserving);
      ReservedCapacity reserved = house.admissions().reserved();
      reservedPlace = reserved.enter(request.entry().reservation(), reserving.id()).orElse(null);
      if (reservedPlace != null) {
        reserving.neededBy(new ReservationInUse(reserved, request.entry().reservation()));
        standing = Standing.RESERVED;
      }
    }
    switch (house
        .admissions()
        .of(found.model())
        .apply(Gateway.applicant(request.tenant(), request.entry(), standing), this)) {
      case Decision.Admitted(Permit permit) -> admitted(permit);
      case Decision.Refused(Rejection rejection) -> refused(rejection);
      case Decision.Waits(Place taken) -> waitAt(taken);
    }
  }

  /** A reservation that a session has entered needs it until it ends. */
  private record ReservationInUse(ReservedCapacity reserved, ReservationKey key)
      implements Dependant {
    @Override
    public boolean needsSession() {
      return reserved.isActive(key);
    }
  }

  /** A session must not expire while a turn for it waits to be let in. */
  private void needs(@Nullable Session wanted) {
    if (wanted != null && wanted != awaited) {
      if (awaited != null) {
        awaited.releasedBy(this);
      }
      awaited = wanted;
      wanted.neededBy(this);
    }
  }

  @Override
  public boolean needsSession() {
    return !over.get();
  }

  private void waitAt(Place taken) {
    boolean stopped;
    synchronized (this) {
      place = taken;
      stopped = stop != null;
    }
    if (stopped && taken.leave()) {
      abandon();
    }
  }

  @Override
  public void refused(Rejection rejection) {
    refuse(Refusal.of(rejection));
  }

  @Override
  public void admitted(Permit permit) {
    slot = permit;
    if (stoppedBy() != null) {
      abandon();
      return;
    }
    Session reserving = session;
    enter(
        reserving == null ? house.sessionOf(request, Objects.requireNonNull(identity)) : reserving);
  }

  /** Takes its place in the session's line. */
  private void enter(Session entered) {
    session = entered;
    switch (entered.requestTurn(this)) {
      case ACCEPTED -> {}
      case ENDED -> {
        if (asked == null) {
          refuse(Sessions.invalidToken());
        } else {
          // Whoever has no token cannot know that the session just ended; the conversation goes on.
          enter(house.sessionOf(request, Objects.requireNonNull(identity)));
        }
      }
      case LINE_FULL ->
          refuse(
              Refusal.later(
                  Kind.SESSION_BUSY,
                  "session %s: as many turns wait as may wait".formatted(entered.id()),
                  BUSY_RETRY));
    }
  }

  @Override
  public void granted(Lease granted) {
    lease = granted;
    if (request.input() instanceof Input.Continuation continuation) {
      blocking(() -> prepare(granted.session(), continuation));
    } else {
      generate(granted.session(), prompt());
    }
  }

  private Prompt prompt() {
    return switch (request.input()) {
      case Input.Conversation(var messages) -> new Prompt.Chat(messages);
      case Input.Completion(var text) -> new Prompt.Text(text);
      case Input.Continuation _ ->
          throw new IllegalStateException("a continuation's prompt comes from the store");
    };
  }

  /** Loads what the session already knows; a retry of a completed turn is answered from there. */
  private void prepare(Session known, Input.Continuation continuation) {
    List<ChatMessage> messages;
    try {
      Optional<TurnRecord> done = earlierAttempt(known, continuation);
      if (done.isPresent()) {
        replay(known, done.get());
        return;
      }
      messages = new ArrayList<>(house.store().history(known.id()));
    } catch (SessionStoreException failure) {
      log.error("the history of {} could not be read", known, failure);
      refuse(Refusal.of(Kind.STORE_FAILED, "the session could not be read"));
      return;
    }
    messages.addAll(continuation.messages());
    generate(known, new Prompt.Chat(messages));
  }

  private Optional<TurnRecord> earlierAttempt(Session known, Input.Continuation continuation) {
    if (continuation.retryKey() == null) {
      return Optional.empty();
    }
    return switch (continuation.replay()) {
      case NEVER -> Optional.empty();
      case ANY_TURN -> house.store().completedTurn(known.id(), continuation.retryKey());
      case LAST_TURN ->
          house
              .store()
              .completedTurn(known.id(), continuation.retryKey())
              .filter(done -> done.number() == known.nextTurn() - 1);
    };
  }

  private void replay(Session known, TurnRecord done) {
    house.store().touch(known.id(), house.clock().instant());
    PromptUsage prompt = new PromptUsage(done.promptTokens(), done.cachedTokens(), 0);
    started(prompt);
    text(new TextDelta(done.answer(), List.of()));
    GenerationUsage usage =
        new GenerationUsage(prompt, done.completionTokens(), known.snapshot().kvTokens());
    FinishReason reason = done.finishReason() == null ? FinishReason.STOP : done.finishReason();
    settle(new TurnEnd.Completed(reason, usage, timing(), true), LeaseEnd.SUCCESS);
  }

  // --- generate --------------------------------------------------------------------------------

  private void generate(Session known, Prompt prompt) {
    boolean stopped;
    synchronized (this) {
      stopped = stop != null;
    }
    if (stopped) {
      ended(new GenerationEnd.Cancelled(GenerationUsage.NONE));
      return;
    }
    boolean retain = !(request.input() instanceof Input.Completion);
    Generation running =
        house
            .engines()
            .engineFor(known.model())
            .generate(
                new GenerationRequest(
                    known.id(),
                    known.tenant(),
                    prompt,
                    request.sampling(),
                    request.maxTokens(),
                    retain,
                    request.entry().hops(),
                    request.original()),
                this);
    synchronized (this) {
      generation = running;
      stopped = stop != null;
    }
    if (stopped) {
      running.cancel();
    }
  }

  @Override
  public void placed(Placement placement) {
    listener.placed(placement);
  }

  @Override
  public void started(PromptUsage usage) {
    started = true;
    startedAt = house.clock().instant();
    Session known = known();
    listener.started(known.id(), known.model(), usage);
  }

  @Override
  public void text(TextDelta delta) {
    if (firstTextAt == null) {
      firstTextAt = house.clock().instant();
    }
    answer.append(delta.text());
    listener.text(delta);
  }

  @Override
  public void ended(GenerationEnd end) {
    EngineFault fault = refusedByEngine(end);
    if (fault != null) {
      refuse(refusal(fault));
    } else if (known().kind() == SessionKind.EXPLICIT) {
      blocking(() -> record(end));
    } else {
      remember(end);
      settle(end);
    }
  }

  /** A fault before anything happened, which leaves no trace in the session. */
  private @Nullable EngineFault refusedByEngine(GenerationEnd end) {
    if (end instanceof GenerationEnd.Failed(EngineFault fault, _) && !started) {
      return switch (fault.kind()) {
        case PROMPT_TOO_LONG,
            INVALID_PARAMETER,
            REJECTED,
            OVERLOADED,
            KV_EXHAUSTED,
            STOPPED,
            UNREACHABLE ->
            fault;
        case STALLED, BROKEN_OFF, INTERNAL -> null;
      };
    }
    return null;
  }

  // --- record ----------------------------------------------------------------------------------

  /** Makes the turn durable before it is acknowledged. */
  private void record(GenerationEnd end) {
    Session known = known();
    if (stoppedBy() == Stop.SESSION_ENDED) {
      settle(end);
      return;
    }
    try {
      house.store().append(turnRecord(known, end));
    } catch (SessionStoreException | IllegalStateException failure) {
      log.error("a turn of {} could not be stored", known, failure);
      settle(
          new TurnEnd.Failed(
              Refusal.of(Kind.STORE_FAILED, "the turn could not be stored and does not count"),
              end.usage(),
              timing()),
          LeaseEnd.FAILURE);
      return;
    }
    known.turnRecorded();
    settle(end);
  }

  private TurnRecord turnRecord(Session known, GenerationEnd end) {
    if (!(request.input() instanceof Input.Continuation continuation)) {
      throw new IllegalStateException("only continuations are recorded");
    }
    return new TurnRecord(
        known.id(),
        known.nextTurn(),
        continuation.retryKey(),
        switch (end) {
          case GenerationEnd.Finished _ -> TurnRecord.Status.COMPLETED;
          case GenerationEnd.Cancelled _ -> TurnRecord.Status.CANCELLED;
          case GenerationEnd.Failed _ -> TurnRecord.Status.FAILED;
        },
        continuation.messages(),
        answer.toString(),
        end instanceof GenerationEnd.Finished(FinishReason reason, _) ? reason : null,
        end.usage().prompt().promptTokens(),
        end.usage().prompt().cachedTokens(),
        end.usage().completionTokens(),
        arrived,
        house.clock().instant());
  }

  /** Notes by which history an implicit session is recognised next time. */
  private void remember(GenerationEnd end) {
    if (asked != null && end instanceof GenerationEnd.Finished) {
      house.table().remember(known(), asked, asked.answered(answer.toString()));
    }
    known().turnRecorded();
  }

  // --- settle ----------------------------------------------------------------------------------

  private void settle(GenerationEnd end) {
    switch (end) {
      case GenerationEnd.Finished(var reason, var usage) ->
          settle(new TurnEnd.Completed(reason, usage, timing(), false), LeaseEnd.SUCCESS);
      case GenerationEnd.Cancelled(var usage) -> settle(cancelled(usage), LeaseEnd.DROPPED);
      case GenerationEnd.Failed(var fault, var usage) ->
          settle(new TurnEnd.Failed(refusal(fault), usage, timing()), LeaseEnd.FAILURE);
    }
  }

  private TurnEnd cancelled(GenerationUsage usage) {
    return switch (stoppedBy()) {
      case SESSION_ENDED ->
          new TurnEnd.Failed(
              Refusal.of(Kind.SESSION_ENDED, "the session ended during the turn"), usage, timing());
      case GATEWAY_STOPPED ->
          new TurnEnd.Failed(
              Refusal.of(Kind.STOPPING, "the gateway is shutting down"), usage, timing());
      case CLIENT -> new TurnEnd.Cancelled(usage, timing());
      case null -> new TurnEnd.Cancelled(usage, timing());
    };
  }

  /** Gives everything back, then tells the listener. */
  private void settle(TurnEnd end, LeaseEnd leaseEnd) {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    watch(end);
    leave(leaseEnd);
    house.events().publish(new Event.TurnEnded(known().id(), end));
    listener.ended(end);
    left.complete(null);
  }

  /** A turn that never ran, or ran before and is only told again, says nothing of its session. */
  private void watch(TurnEnd end) {
    boolean again = end instanceof TurnEnd.Completed completed && completed.replayed();
    if (started && !again && !(request.input() instanceof Input.Completion)) {
      TurnTiming timing = end.timing();
      Duration firstText = timing.untilFirstText();
      house
          .activity()
          .turnEnded(
              known().activity(),
              userText(),
              timing.total().toNanos(),
              firstText == null ? -1 : firstText.toNanos() * 1e-9);
    }
  }

  /** What the user said last. */
  private @Nullable String userText() {
    List<ChatMessage> messages =
        switch (request.input()) {
          case Input.Conversation(var all) -> all;
          case Input.Continuation continuation -> continuation.messages();
          case Input.Completion _ -> List.of();
        };
    for (ChatMessage message : messages.reversed()) {
      if (message.role() == ChatRole.USER) {
        return message.content();
      }
    }
    return null;
  }

  /** Ends the turn without a trace. */
  void refuse(Refusal refusal) {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    leave(LeaseEnd.DROPPED);
    house.events().publish(new Event.TurnRefused(refusal));
    listener.refused(refusal);
    left.complete(null);
  }

  /** Ends a turn that was stopped before its session was known; it leaves no trace either. */
  private void abandon() {
    if (stoppedBy() == Stop.GATEWAY_STOPPED) {
      refuse(Refusal.of(Kind.STOPPING, "the gateway is shutting down"));
      return;
    }
    if (!over.compareAndSet(false, true)) {
      return;
    }
    leave(LeaseEnd.DROPPED);
    listener.ended(cancelled(GenerationUsage.NONE));
    left.complete(null);
  }

  private void leave(LeaseEnd leaseEnd) {
    if (lease != null) {
      lease.end(leaseEnd);
    }
    if (reservedPlace != null) {
      reservedPlace.close();
    }
    if (slot != null) {
      slot.close();
    }
    permit.close();
    house.left(this);
    if (awaited != null) {
      awaited.releasedBy(this);
    }
    forgetUnlessRecognisable();
  }

  /** An implicit session that no history leads to would only wait for its end. */
  private void forgetUnlessRecognisable() {
    Session entered = session;
    if (entered != null
        && entered.kind() == SessionKind.IMPLICIT
        && !house.table().remembered(entered)) {
      house.destruction().destroyIfIdle(entered, DestructionReason.CLOSED);
    }
  }

  /** Runs a step that waits for the store; a defect in it still ends the turn. */
  private void blocking(Runnable step) {
    house
        .blocking()
        .execute(() -> {
          try {
            step.run();
          } catch (RuntimeException defect) {
            log.error("a turn of {} broke off", known(), defect);
            settle(
                new TurnEnd.Failed(
                    Refusal.of(Kind.ENGINE_FAILED, "the turn broke off by a defect here"),
                    GenerationUsage.NONE,
                    timing()),
                LeaseEnd.FAILURE);
          }
        });
  }

  // --- stop ------------------------------------------------------------------------------------

  @Override
  public void cancel() {
    stop(Stop.CLIENT);
  }

  @Override
  public void pause() {
    Generation running = running();
    if (running != null) {
      running.pause();
    }
  }

  @Override
  public void resume() {
    Generation running = running();
    if (running != null) {
      running.resume();
    }
  }

  private synchronized @Nullable Generation running() {
    return generation;
  }

  @Override
  public void revoked() {
    stop(Stop.SESSION_ENDED);
  }

  /** The gateway's shutdown deadline has come. */
  void cut() {
    stop(Stop.GATEWAY_STOPPED);
  }

  /** The session ended while this turn waited for it. */
  @Override
  public void refused() {
    refuse(Refusal.of(Kind.SESSION_ENDED, "the session ended while the turn waited"));
  }

  private void stop(Stop by) {
    Generation running;
    Place waiting;
    synchronized (this) {
      if (stop != null) {
        return;
      }
      stop = by;
      running = generation;
      waiting = place;
    }
    if (waiting != null && waiting.leave()) {
      abandon();
      return;
    }
    if (running != null) {
      running.cancel();
      return;
    }
    Session entered = session;
    if (entered != null && entered.withdraw(this)) {
      settle(cancelled(GenerationUsage.NONE), LeaseEnd.DROPPED);
    }
  }

  private synchronized @Nullable Stop stoppedBy() {
    return stop;
  }

  /** Completes when the turn has given everything back and told its end. */
  CompletableFuture<Void> left() {
    return left;
  }

  private Session known() {
    return Objects.requireNonNull(session, "the turn has no session yet");
  }

  private TurnTiming timing() {
    return new TurnTiming(
        startedAt == null ? null : Duration.between(arrived, startedAt),
        firstTextAt == null ? null : Duration.between(arrived, firstTextAt),
        Duration.between(arrived, house.clock().instant()));
  }

  private static Refusal refusal(EngineFault fault) {
    Refusal refusal =
        switch (fault.kind()) {
          case PROMPT_TOO_LONG ->
              Refusal.ofParam(Kind.CONTEXT_EXCEEDED, "messages", fault.message());
          case INVALID_PARAMETER, REJECTED -> Refusal.of(Kind.INVALID_PARAMETER, fault.message());
          case OVERLOADED, KV_EXHAUSTED ->
              Refusal.later(Kind.OVERLOADED, fault.message(), retryAfter(fault));
          case STOPPED -> Refusal.of(Kind.STOPPING, fault.message());
          case UNREACHABLE -> Refusal.later(Kind.UNREACHABLE, fault.message(), BUSY_RETRY);
          case STALLED, BROKEN_OFF, INTERNAL -> Refusal.of(Kind.ENGINE_FAILED, fault.message());
        };
    return refusal.quoting(fault.upstream());
  }

  private static Duration retryAfter(EngineFault fault) {
    return Objects.requireNonNullElse(fault.retryAfter(), BUSY_RETRY);
  }
}
