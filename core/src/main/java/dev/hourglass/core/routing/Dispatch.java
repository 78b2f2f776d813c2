package dev.hourglass.core.routing;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.routing.CircuitBreaker.Outcome;
import dev.hourglass.core.routing.EnginePool.Settings;
import dev.hourglass.core.routing.EnginePool.Totals;
import dev.hourglass.core.routing.RouteRequest.Home;
import dev.hourglass.core.session.SessionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All that a pool knows, and its decisions: who is in it, who takes a generation, who takes it
 * next, who is unfit. Answers from memory, in microseconds, under its own lock; calls nobody.
 */
final class Dispatch {
  private static final Duration PROBE_INTERVAL = Duration.ofSeconds(2);
  private static final Duration COMPARISON_INTERVAL = Duration.ofSeconds(10);

  private final String model;
  private final Settings settings;
  private final LongSupplier ticker;
  private final RandomGenerator random;

  // Everything below is guarded by this.
  private final Map<EndpointId, PooledEndpoint> endpoints = new LinkedHashMap<>();
  private final Selection selection;
  private final KvHomes homes;
  private final RetryBudget budget = new RetryBudget();
  private final PaceOutliers outliers = new PaceOutliers();
  private long nextProbesNanos;
  private long nextComparisonNanos;
  private boolean closed;
  private long retriesFree;
  private long retriesPaid;
  private long retriesDenied;
  private long sessionsMoved;

  Dispatch(String model, Settings settings, LongSupplier ticker, RandomGenerator random) {
    this.model = model;
    this.settings = settings;
    this.ticker = ticker;
    this.random = random;
    this.selection = settings.strategy().selection(random);
    this.homes = new KvHomes(settings.mostSessions());
    this.nextProbesNanos = ticker.getAsLong();
    this.nextComparisonNanos = ticker.getAsLong() + COMPARISON_INTERVAL.toNanos();
  }

  // --- who is in it ----------------------------------------------------------------------------

  synchronized void add(PoolMember member) {
    if (closed) {
      throw new IllegalStateException("pool " + model + " is closed");
    }
    if (endpoints.containsKey(member.id())) {
      throw new IllegalArgumentException(
          "endpoint: " + member.id() + " (expected: one that is not in the pool)");
    }
    endpoints.put(member.id(), new PooledEndpoint(member, random));
  }

  /** Does something with an endpoint; empty where there is none of that name. */
  synchronized Optional<PooledEndpoint> with(EndpointId id, Consumer<PooledEndpoint> action) {
    Optional<PooledEndpoint> endpoint = Optional.ofNullable(endpoints.get(id));
    endpoint.ifPresent(action);
    return endpoint;
  }

  /** An endpoint is gone; answers whether it was there. */
  synchronized boolean forget(PooledEndpoint endpoint) {
    if (!endpoints.remove(endpoint.id(), endpoint)) {
      return false;
    }
    homes.forget(endpoint.id());
    selection.forget(endpoint.id());
    return true;
  }

  /** Chooses nobody any more; answers who was in it. */
  synchronized List<PooledEndpoint> close() {
    closed = true;
    return endpoints();
  }

  synchronized List<PooledEndpoint> endpoints() {
    return List.copyOf(endpoints.values());
  }

  synchronized List<EndpointStatus> statuses() {
    long now = ticker.getAsLong();
    return endpoints.values().stream().map(endpoint -> endpoint.status(now, model, homes)).toList();
  }

  synchronized Map<SessionId, Integer> latestAt(EndpointId endpoint, int most) {
    return homes.latestAt(endpoint, most);
  }

  synchronized Totals totals() {
    return new Totals(
        retriesFree, retriesPaid, retriesDenied, budget.left(), sessionsMoved, homes.size());
  }

  // --- who takes it ----------------------------------------------------------------------------

  /** Where a generation goes, or why nowhere. */
  sealed interface Choice {
    record Chosen(PooledEndpoint.Call call, boolean moved) implements Choice {}

    record Nobody(EngineFault fault) implements Choice {}

    /** There is an endpoint, and nothing left to pay for the retry. */
    record NoBudget() implements Choice {}
  }

  /** Chooses the first endpoint of a generation. */
  synchronized Choice choose(GenerationRequest request) {
    budget.earn();
    return choose(request, Set.of());
  }

  /** Chooses another endpoint than those that were tried, and pays for it. */
  synchronized Choice chooseAgain(
      GenerationRequest request, Set<EndpointId> tried, boolean free, long arrivedNanos) {
    long now = ticker.getAsLong();
    if (now - arrivedNanos > settings.retryDeadline().toNanos()
        || candidates(tried, now).isEmpty()) {
      return new Choice.Nobody(nobody(now));
    }
    if (free) {
      retriesFree++;
    } else if (budget.spend()) {
      retriesPaid++;
    } else {
      retriesDenied++;
      return new Choice.NoBudget();
    }
    return choose(request, tried);
  }

  private Choice choose(GenerationRequest request, Set<EndpointId> tried) {
    long now = ticker.getAsLong();
    if (closed) {
      return new Choice.Nobody(
          new EngineFault(EngineFault.Kind.STOPPED, "the pool of " + model + " is closed"));
    }
    List<PooledEndpoint> candidates = candidates(tried, now);
    if (candidates.isEmpty()) {
      return new Choice.Nobody(nobody(now));
    }
    Home home = homes.home(request.session()).orElse(null);
    PooledEndpoint endpoint = select(route(request, home), candidates, now);
    boolean moved = home != null && home.kvTokens() > 0 && !home.endpoint().equals(endpoint.id());
    return new Choice.Chosen(endpoint.begin(now), moved);
  }

  /** Chooses where a session's copied state is put back. */
  synchronized Optional<PooledEndpoint> place(SessionId session, int kvTokens) {
    long now = ticker.getAsLong();
    List<PooledEndpoint> candidates = candidates(Set.of(), now);
    Home home = homes.home(session).orElse(null);
    return candidates.isEmpty()
        ? Optional.empty()
        : Optional.of(select(new RouteRequest(kvTokens, home, PrefixChain.NONE), candidates, now));
  }

  private PooledEndpoint select(RouteRequest route, List<PooledEndpoint> candidates, long now) {
    List<EndpointLoad> loads = new ArrayList<>(candidates.size());
    for (PooledEndpoint candidate : candidates) {
      loads.add(candidate.load(now));
    }
    EndpointLoad chosen = loads.size() == 1 ? loads.getFirst() : selection.choose(route, loads);
    selection.sent(route, chosen);
    return candidates.get(loads.indexOf(chosen));
  }

  /** Who is available; where nobody is, who answers probes, since a refusal is certain to fail. */
  private List<PooledEndpoint> candidates(Set<EndpointId> tried, long now) {
    List<PooledEndpoint> available = untried(tried, endpoint -> endpoint.available(now));
    return available.isEmpty() ? untried(tried, endpoint -> endpoint.lastResort(now)) : available;
  }

  private List<PooledEndpoint> untried(Set<EndpointId> tried, Predicate<PooledEndpoint> fit) {
    List<PooledEndpoint> untried = new ArrayList<>(endpoints.size());
    for (PooledEndpoint endpoint : endpoints.values()) {
      if (fit.test(endpoint) && !tried.contains(endpoint.id())) {
        untried.add(endpoint);
      }
    }
    return untried;
  }

  private RouteRequest route(GenerationRequest request, @Nullable Home home) {
    PrefixChain prefix =
        selection.looksAtPrefixes() && request.prompt() instanceof Prompt.Chat(var messages)
            ? PrefixChain.of(request.tenant(), messages)
            : PrefixChain.NONE;
    return new RouteRequest(PrefixChain.roughTokens(request.prompt()), home, prefix);
  }

  /**
   * Nobody can take it; the first that asked for a pause or was shut off says when to come back.
   */
  private EngineFault nobody(long now) {
    String states =
        String.join(
            ", ",
            endpoints.values().stream()
                .map(endpoint -> endpoint.id() + " " + endpoint.whyNot(now))
                .toList());
    return new EngineFault(
        EngineFault.Kind.OVERLOADED,
        "no endpoint of " + model + " can take this now" + (states.isEmpty() ? "" : ": " + states),
        null,
        endpoints.values().stream()
            .map(endpoint -> endpoint.pause(now))
            .filter(Duration::isPositive)
            .min(Comparator.naturalOrder())
            .orElse(null));
  }

  // What a generation tells of its calls.

  synchronized void firstText(PooledEndpoint.Call call, int uncachedTokens) {
    call.firstText(ticker.getAsLong(), uncachedTokens);
  }

  synchronized void pieces(PooledEndpoint.Call call, int count) {
    call.pieces(ticker.getAsLong(), count);
  }

  synchronized void ended(PooledEndpoint.Call call, Outcome outcome) {
    call.end(outcome, ticker.getAsLong());
  }

  /** A call ended with a fault. */
  synchronized void failed(PooledEndpoint.Call call, EngineFault fault) {
    long now = ticker.getAsLong();
    FaultVerdict verdict = FaultVerdict.of(fault);
    call.end(verdict.outcome(), now);
    if (verdict.outcome() == Outcome.FAILURE) {
      call.endpoint().health().missed(this::mayEject);
    }
    if (fault.retryAfter() != null) {
      call.endpoint().backOff(now, fault.retryAfter());
    }
  }

  // --- who holds what --------------------------------------------------------------------------

  synchronized Optional<PooledEndpoint> home(SessionId session) {
    return homes.home(session).map(home -> endpoints.get(home.endpoint()));
  }

  /** Endpoints that may hold state of the session; all, where nothing is known of it. */
  synchronized List<PooledEndpoint> holders(SessionId session) {
    return homes
        .holders(session)
        .map(ids -> endpoints.values().stream().filter(it -> ids.contains(it.id())).toList())
        .orElseGet(this::endpoints);
  }

  /** The session's state is here now; answers who else still holds some. */
  synchronized List<PooledEndpoint> settled(
      SessionId session, PooledEndpoint endpoint, int kvTokens, boolean moved) {
    homes.served(session, endpoint.id(), kvTokens);
    if (!moved) {
      return List.of();
    }
    sessionsMoved++;
    return holders(session).stream().filter(other -> !other.equals(endpoint)).toList();
  }

  /** An engine says what it holds; answers what all hold together. */
  synchronized int reported(SessionId session, EndpointId endpoint, int kvTokens) {
    return homes.reported(session, endpoint, kvTokens);
  }

  /** Nobody holds anything of the session any more. */
  synchronized void forget(SessionId session) {
    homes.forget(session);
  }

  // --- who is unfit ----------------------------------------------------------------------------

  /** A second has passed; answers the probes that are to be made now, with their numbers. */
  synchronized Map<PooledEndpoint, Long> tick() {
    long now = ticker.getAsLong();
    endpoints.values().forEach(endpoint -> endpoint.health().tick(now));
    if (now - nextComparisonNanos >= 0) {
      nextComparisonNanos = now + COMPARISON_INTERVAL.toNanos();
      compare(now);
    }
    Map<PooledEndpoint, Long> probes = new LinkedHashMap<>();
    if (now - nextProbesNanos >= 0) {
      nextProbesNanos = now + PROBE_INTERVAL.toNanos();
      endpoints
          .values()
          .forEach(endpoint -> probes.put(endpoint, endpoint.beginProbe(this::mayEject)));
    }
    return probes;
  }

  /** A probe was answered. */
  synchronized void probed(PooledEndpoint endpoint, long number, boolean good) {
    endpoint.probed(number, good, ticker.getAsLong(), this::mayEject);
  }

  private void compare(long now) {
    Map<EndpointId, PaceOutliers.Pace> paces = new HashMap<>();
    endpoints.forEach((id, endpoint) -> paces.put(id, endpoint.takePace()));
    PaceOutliers.Verdict verdict = outliers.compare(paces);
    endpoints.forEach((id, endpoint) -> {
      if (verdict.outliers().contains(id)) {
        endpoint.health().outlying(now, this::mayEject);
      } else if (verdict.keptPace().contains(id)) {
        endpoint.health().keptPace();
      }
    });
  }

  /** At most half of a pool is out for what it looks like: the rest could not carry the load. */
  private boolean mayEject() {
    long out = endpoints.values().stream().filter(PooledEndpoint::unfit).count();
    return 2 * (out + 1) <= endpoints.size();
  }
}
