package dev.hourglass.server;

import dev.hourglass.core.routing.EndpointStatus;
import dev.hourglass.core.routing.EndpointStatus.Counts;
import dev.hourglass.core.routing.EnginePool;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;

/** What the endpoints of pools do, among the metrics; as many as there are endpoints now. */
final class PoolMeters {
  private final MeterRegistry registry;
  private final Collection<EnginePool> pools;

  // Guarded by this.
  private final Set<String> models = new HashSet<>();
  private final Map<Tags, Shown> endpoints = new HashMap<>();

  private record Shown(AtomicReference<EndpointStatus> status, List<Meter> meters) {}

  PoolMeters(MeterRegistry registry, Collection<EnginePool> pools) {
    this.registry = registry;
    this.pools = pools;
  }

  private void show(EnginePool pool) {
    Tags model = Tags.of("model", pool.info().model());
    total(pool, model.and("paid_by", "nobody"), totals -> totals.retriesFree());
    total(pool, model.and("paid_by", "budget"), totals -> totals.retriesPaid());
    total(pool, model.and("paid_by", "denied"), totals -> totals.retriesDenied());
    Gauge.builder("hourglass.pool.retries.left", pool, its -> its.totals().retriesLeft())
        .description("Retries that the budget could pay now")
        .tags(model)
        .register(registry);
    Gauge.builder("hourglass.pool.sessions.known", pool, its -> its.totals().sessionsKnown())
        .description("Sessions whose endpoint is remembered")
        .tags(model)
        .register(registry);
    FunctionCounter.builder(
            "hourglass.pool.sessions.moved", pool, its -> its.totals().sessionsMoved())
        .description("Turns of sessions whose state was at another endpoint")
        .tags(model)
        .register(registry);
  }

  private void total(EnginePool pool, Tags tags, ToDoubleFunction<EnginePool.Totals> figure) {
    FunctionCounter.builder(
            "hourglass.pool.retries", pool, its -> figure.applyAsDouble(its.totals()))
        .description("Other tries before the first token, and failures the budget had nothing for")
        .tags(tags)
        .register(registry);
  }

  /** Reads every endpoint once; those that left are shown no longer, pools that came are now. */
  synchronized void refresh() {
    Set<Tags> present = new HashSet<>();
    for (EnginePool pool : pools) {
      if (models.add(pool.info().model())) {
        show(pool);
      }
      for (EndpointStatus status : pool.endpoints()) {
        Tags tags = Tags.of("model", status.model(), "endpoint", status.id().value());
        present.add(tags);
        endpoints.computeIfAbsent(tags, its -> show(its, status)).status.set(status);
      }
    }
    endpoints
        .entrySet()
        .removeIf(entry -> {
          boolean left = !present.contains(entry.getKey());
          if (left) {
            entry.getValue().meters.forEach(registry::remove);
          }
          return left;
        });
  }

  private Shown show(Tags tags, EndpointStatus first) {
    Shown shown = new Shown(new AtomicReference<>(first), new ArrayList<>());
    gauge(shown, tags, "in.flight", "Generations that run there", EndpointStatus::inFlight);
    gauge(shown, tags, "share", "Share of its weight that it gets", EndpointStatus::share);
    gauge(
        shown,
        tags,
        "breaker.open",
        "1 where the breaker is not closed",
        its -> its.breaker().equals("closed") ? 0 : 1);
    gauge(shown, tags, "sessions", "Sessions that hold state there", EndpointStatus::sessions);
    gauge(shown, tags, "kv.tokens", "KV tokens that they hold", EndpointStatus::kvTokens);
    gauge(
        shown,
        tags,
        "first.token.seconds",
        "Time to the first token lately, with peaks",
        its -> its.pace().secondsToFirstToken());
    gauge(
        shown,
        tags,
        "token.seconds",
        "Time for each further token lately, with peaks",
        its -> its.pace().secondsPerToken());
    counter(shown, tags, "completed", Counts::completed);
    counter(shown, tags, "dropped", Counts::dropped);
    counter(shown, tags, "failed_before_text", Counts::failedBeforeText);
    counter(shown, tags, "failed_partway", Counts::failedPartway);
    return shown;
  }

  private void gauge(
      Shown shown,
      Tags tags,
      String name,
      String description,
      ToDoubleFunction<EndpointStatus> figure) {
    shown.meters.add(
        Gauge.builder(
                "hourglass.endpoint." + name,
                shown.status,
                status -> figure.applyAsDouble(status.get()))
            .description(description)
            .tags(tags)
            .register(registry));
  }

  private void counter(Shown shown, Tags tags, String outcome, ToDoubleFunction<Counts> figure) {
    shown.meters.add(
        FunctionCounter.builder(
                "hourglass.endpoint.generations",
                shown.status,
                status -> figure.applyAsDouble(status.get().counts()))
            .description("Generations that ended there")
            .tags(tags.and("outcome", outcome))
            .register(registry));
  }
}
