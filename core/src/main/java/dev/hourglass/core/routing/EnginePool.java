package dev.hourglass.core.routing;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.session.SessionId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several endpoints that serve one model, as one engine.
 *
 * <p>Each generation goes to the endpoint that the {@link RoutingStrategy} chooses among those that
 * are fit, and to another one if it fails before its first token, as {@link PooledGeneration} says.
 * The pool remembers which endpoints hold state of a session: there it is released, counted and
 * copied.
 *
 * <p>{@link Dispatch} decides; here endpoints and sinks are called, outside of any lock. Somebody
 * calls {@link #tick} each second.
 */
public final class EnginePool implements Engine {
  private static final Logger log = LoggerFactory.getLogger(EnginePool.class);

  private final String model;
  private final ResidencyListener residency;
  private final LongSupplier ticker;
  private final Executor blocking;
  private final Dispatch dispatch;

  /**
   * How a pool behaves.
   *
   * @param retryDeadline how long after its arrival a generation is still tried elsewhere
   * @param mostSessions sessions whose whereabouts are remembered
   */
  public record Settings(RoutingStrategy strategy, Duration retryDeadline, int mostSessions) {
    public static final Settings DEFAULTS =
        new Settings(RoutingStrategy.SESSION, Duration.ofSeconds(60), 1_000_000);
  }

  /**
   * What a pool did beyond sending each generation once.
   *
   * @param retriesFree other tries of what had not reached an endpoint
   * @param retriesPaid other tries from the budget
   * @param retriesDenied failures for which the budget had nothing left
   * @param retriesLeft tries that the budget could pay now
   * @param sessionsMoved generations whose session's state was at another endpoint
   * @param sessionsKnown sessions whose whereabouts are remembered
   */
  public record Totals(
      long retriesFree,
      long retriesPaid,
      long retriesDenied,
      int retriesLeft,
      long sessionsMoved,
      int sessionsKnown) {}

  /**
   * Creates a pool without endpoints.
   *
   * @param residency told what all endpoints together hold of a session
   * @param ticker nanoseconds of a clock that never goes back
   * @param blocking runs the closing of engines, which waits
   */
  public EnginePool(
      String model,
      Settings settings,
      ResidencyListener residency,
      LongSupplier ticker,
      RandomGenerator random,
      Executor blocking) {
    this.model = model;
    this.residency = residency;
    this.ticker = ticker;
    this.blocking = blocking;
    this.dispatch = new Dispatch(model, settings, ticker, random);
  }

  // --- endpoints -------------------------------------------------------------------------------

  /** What an endpoint's engine reports to, so that the pool knows who holds what. */
  public ResidencyListener residencyOf(EndpointId endpoint) {
    return (session, kvTokens) ->
        residency.residencyChanged(session, dispatch.reported(session, endpoint, kvTokens));
  }

  /** Takes an endpoint in; the pool closes its engine when it goes. */
  public void add(PoolMember member) {
    dispatch.add(member);
  }

  /** Sends nothing new to an endpoint; what runs there goes on. Answers whether there is one. */
  public boolean drain(EndpointId id) {
    return dispatch.with(id, PooledEndpoint::drain).isPresent();
  }

  /** Takes an endpoint out until {@link #restore}; what runs there goes on. */
  public boolean eject(EndpointId id) {
    return dispatch.with(id, PooledEndpoint::eject).isPresent();
  }

  /** Brings an endpoint back, with a share that grows. */
  public boolean restore(EndpointId id) {
    return dispatch.with(id, endpoint -> endpoint.restore(ticker.getAsLong())).isPresent();
  }

  /**
   * Drains an endpoint and lets it go; completes when its last stream has ended and its engine is
   * closed. At once where there is no such endpoint.
   */
  public CompletionStage<Void> remove(EndpointId id) {
    return dispatch
        .with(id, PooledEndpoint::leave)
        .<CompletionStage<Void>>map(
            endpoint -> endpoint.quiet().thenRunAsync(() -> forget(endpoint), blocking))
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  private void forget(PooledEndpoint endpoint) {
    if (dispatch.forget(endpoint)) {
      endpoint.member().engine().close();
    }
  }

  /** All endpoints as they are now. */
  public List<EndpointStatus> endpoints() {
    return dispatch.statuses();
  }

  /** Of the latest thousand sessions those that an endpoint holds, with their KV tokens. */
  public Map<SessionId, Integer> latestSessions(EndpointId endpoint, int most) {
    return dispatch.latestAt(endpoint, most);
  }

  public Totals totals() {
    return dispatch.totals();
  }

  /** Which endpoint holds the session's KV state, as far as is known. */
  public Optional<EndpointId> home(SessionId session) {
    return dispatch.home(session).map(PooledEndpoint::id);
  }

  // --- health ----------------------------------------------------------------------------------

  /** A second has passed: endpoints are probed and compared when it is time. */
  public void tick() {
    dispatch.tick().forEach(this::probe);
  }

  private void probe(PooledEndpoint endpoint, long number) {
    CompletionStage<Boolean> answer;
    try {
      answer = endpoint.member().probe().probe();
    } catch (RuntimeException defect) {
      log.warn("the probe of {} failed", endpoint.id(), defect);
      answer = CompletableFuture.failedFuture(defect);
    }
    var _ =
        answer.whenComplete((good, failure) ->
            dispatch.probed(endpoint, number, failure == null && Boolean.TRUE.equals(good)));
  }

  // --- generations -----------------------------------------------------------------------------

  @Override
  public EngineInfo info() {
    List<EngineInfo> infos =
        dispatch.endpoints().stream().map(it -> it.member().engine().info()).toList();
    return new EngineInfo(
        model,
        infos.stream().mapToInt(EngineInfo::contextTokens).filter(it -> it > 0).min().orElse(0),
        infos.stream().mapToInt(EngineInfo::kvCapacityTokens).sum(),
        infos.stream().mapToInt(EngineInfo::maxSequences).sum());
  }

  /** Whether every endpoint does: a request may go to any of them. */
  @Override
  public boolean relays() {
    List<PooledEndpoint> members = dispatch.endpoints();
    return !members.isEmpty()
        && members.stream().allMatch(endpoint -> endpoint.member().engine().relays());
  }

  @Override
  public EngineActivity activity() {
    List<EngineActivity> each =
        dispatch.endpoints().stream().map(it -> it.member().engine().activity()).toList();
    return new EngineActivity(
        sum(each, EngineActivity::running),
        sum(each, EngineActivity::queued),
        OptionalDouble.empty(),
        OptionalInt.empty());
  }

  /** What all have together; empty unless each of them can tell. */
  private static OptionalInt sum(
      List<EngineActivity> each, Function<EngineActivity, OptionalInt> figure) {
    return each.stream().map(figure).allMatch(OptionalInt::isPresent)
        ? OptionalInt.of(each.stream().map(figure).mapToInt(OptionalInt::getAsInt).sum())
        : OptionalInt.empty();
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    PooledGeneration generation =
        new PooledGeneration(dispatch, this::settled, request, sink, ticker.getAsLong());
    generation.start();
    return generation;
  }

  /** The session's state is at this endpoint now; what others hold of it is of no use any more. */
  private void settled(SessionId session, PooledEndpoint endpoint, int kvTokens, boolean moved) {
    for (PooledEndpoint other : dispatch.settled(session, endpoint, kvTokens, moved)) {
      var _ = released(session, other);
    }
  }

  // --- KV state --------------------------------------------------------------------------------

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    return all(
            dispatch.holders(session),
            endpoint -> released(session, endpoint),
            new KvOutcome.Applied(0),
            EnginePool::together)
        .thenApply(outcome -> {
          if (!(outcome instanceof KvOutcome.Failed)) {
            dispatch.forget(session);
          }
          return outcome;
        });
  }

  private CompletionStage<KvOutcome> released(SessionId session, PooledEndpoint endpoint) {
    return endpoint
        .member()
        .engine()
        .release(session)
        .thenApply(outcome -> {
          if (outcome instanceof KvOutcome.Applied) {
            residencyOf(endpoint.id()).residencyChanged(session, 0);
          }
          return outcome;
        });
  }

  private static KvOutcome together(KvOutcome one, KvOutcome other) {
    if (one instanceof KvOutcome.Failed || other instanceof KvOutcome.Failed) {
      return one instanceof KvOutcome.Failed ? one : other;
    }
    return one instanceof KvOutcome.Applied(int here)
            && other instanceof KvOutcome.Applied(int there)
        ? new KvOutcome.Applied(here + there)
        : new KvOutcome.Unsupported();
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return dispatch
        .home(session)
        .map(home -> home.member().engine().snapshot(session))
        .orElseGet(() -> CompletableFuture.completedFuture(new SnapshotOutcome.Empty()));
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    Optional<PooledEndpoint> place = dispatch.place(session, snapshot.kvTokens());
    if (place.isEmpty()) {
      return CompletableFuture.completedFuture(
          new KvOutcome.Failed("no endpoint of " + model + " can take state now"));
    }
    PooledEndpoint endpoint = place.get();
    return endpoint
        .member()
        .engine()
        .restore(session, snapshot)
        .thenApply(outcome -> {
          if (outcome instanceof KvOutcome.Applied(int kvTokens)) {
            settled(session, endpoint, kvTokens, false);
          }
          return outcome;
        });
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return all(
        dispatch.holders(session),
        endpoint -> endpoint.member().engine().residue(session),
        new Residue.Counted(0),
        (one, other) ->
            one instanceof Residue.Counted(int here) && other instanceof Residue.Counted(int there)
                ? new Residue.Counted(here + there)
                : new Residue.Unknown());
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    KvOccupancy nothing = new KvOccupancy(0, 0, Map.of());
    return all(
        dispatch.endpoints(),
        endpoint ->
            endpoint
                .member()
                .engine()
                .occupancy()
                .exceptionally(failure -> {
                  log.debug("occupancy of {} is not known now", endpoint.id(), failure);
                  return nothing;
                }),
        nothing,
        EnginePool::together);
  }

  private static KvOccupancy together(KvOccupancy one, KvOccupancy other) {
    Map<SessionId, Integer> sessions = new HashMap<>(one.sessions());
    other
        .sessions()
        .forEach((session, kvTokens) -> sessions.merge(session, kvTokens, Integer::sum));
    return new KvOccupancy(
        one.usedTokens() + other.usedTokens(),
        one.capacityTokens() + other.capacityTokens(),
        sessions);
  }

  /** Asks each of some endpoints, and puts their answers together. */
  private static <T> CompletionStage<T> all(
      List<PooledEndpoint> asked,
      Function<PooledEndpoint, CompletionStage<? extends T>> question,
      T none,
      BinaryOperator<T> together) {
    CompletionStage<T> answer = CompletableFuture.completedFuture(none);
    for (PooledEndpoint endpoint : asked) {
      answer = answer.thenCombine(question.apply(endpoint), together);
    }
    return answer;
  }

  @Override
  public void close() {
    dispatch.close().forEach(endpoint -> endpoint.member().engine().close());
  }
}
