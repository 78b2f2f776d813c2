package dev.hourglass.server;

import dev.hourglass.core.TurnEnd;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What is counted of requests, turns, sessions and KV memory. Tags come from closed sets: route
 * templates, states, reasons, models.
 */
final class Meters {
  private final PrometheusMeterRegistry registry;
  private final Map<RequestKey, Timer> requests = new ConcurrentHashMap<>();
  private final Counter promptTokens;
  private final Counter cachedTokens;
  private final Counter completionTokens;
  private final Counter orphans;
  private final Counter lostLeases;
  private final Counter residue;
  private final Timer firstText;
  private final AtomicInteger connections = new AtomicInteger();
  private final LongAdder unreadBytes = new LongAdder();
  private volatile @Nullable ModelMeters models;

  private final Map<StageKey, Timer> stages = new ConcurrentHashMap<>();

  /** Counters of the data path by name and tag, since to look one up by its tags costs more. */
  private final Map<CounterKey, Counter> counters = new ConcurrentHashMap<>();

  private final Map<EndKey, Counter> destroyed = new ConcurrentHashMap<>();

  private record StageKey(DestructionReceipt.Stage stage, DestructionReceipt.Outcome outcome) {}

  private record CounterKey(String name, String tag, String value) {}

  private record EndKey(String kind, DestructionReason reason) {}

  private record RequestKey(String method, String route, int status) {}

  Meters(PrometheusMeterRegistry registry) {
    this.registry = registry;
    promptTokens = counter("hourglass.prompt.tokens", "Tokens of prompts");
    cachedTokens =
        counter("hourglass.prompt.cached.tokens", "Tokens of prompts not computed again");
    completionTokens = counter("hourglass.completion.tokens", "Tokens generated");
    orphans = counter("hourglass.kv.orphans", "Sessions whose KV state had no owner");
    lostLeases = counter("hourglass.leases.lost", "Leases that their holders forgot to end");
    residue = counter("hourglass.destruction.residue.tokens", "KV tokens left after destructions");
    firstText =
        Timer.builder("hourglass.turn.first.text")
            .description("From the acceptance of a turn to its first text")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofMinutes(1))
            .register(registry);
    Gauge.builder("hourglass.http.connections", connections, AtomicInteger::get)
        .description("Open client connections")
        .register(registry);
    Gauge.builder("hourglass.http.unread.bytes", unreadBytes, LongAdder::sum)
        .description("Bytes of streams that wait for the sockets of their clients")
        .register(registry);
  }

  private Counter counter(String name, String tag, String value) {
    return counters.computeIfAbsent(
        new CounterKey(name, tag, value), key -> registry.counter(key.name, key.tag, key.value));
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  /** Open connections, counted here and bounded elsewhere. */
  AtomicInteger connections() {
    return connections;
  }

  /** What streams hold, counted and bounded by each of them. */
  LongAdder unreadBytes() {
    return unreadBytes;
  }

  void requestEnded(String method, String route, int status, Duration took) {
    requests
        .computeIfAbsent(
            new RequestKey(method, route, status),
            key ->
                Timer.builder("hourglass.http.requests")
                    .description("Requests answered; 499: the client left before")
                    .tag("method", key.method)
                    .tag("route", key.route)
                    .tag("status", Integer.toString(key.status))
                    .register(registry))
        .record(took);
  }

  /** Counts from now on what happens in the house. */
  void watch(House house) {
    house.events().subscribe(this::count);
    ActivityMeters.show(house.gateway().activity(), registry);
    EmbeddingMeters.show(house.embeddings(), registry);
    Gauge.builder("hourglass.sessions", house.table(), table -> table.size())
        .description("Live sessions")
        .register(registry);
    Gauge.builder("hourglass.turns", house.gateway(), gateway -> gateway.turnsInFlight())
        .description("Turns in the house, waiting ones included")
        .register(registry);
    models = new ModelMeters(registry, house);
  }

  private void count(Event event) {
    switch (event) {
      case Event.SessionCreated(_, var kind) ->
          counter("hourglass.sessions.opened", "kind", kind.wireName()).increment();
      case Event.TurnEnded(_, var end) -> count(end);
      case Event.TurnRefused(var refusal) ->
          registry
              .counter(
                  "hourglass.turns.refused", "kind", refusal.kind().name().toLowerCase(Locale.ROOT))
              .increment();
      case Event.SessionDestroyed(var kind, var receipt) -> count(kind.wireName(), receipt);
      case Event.SessionReleased(var kind, var receipt) ->
          registry
              .counter(
                  "hourglass.sessions.released",
                  "kind",
                  kind.wireName(),
                  "reason",
                  receipt.reason().wireName())
              .increment();
      case Event.OrphanReleased _ -> orphans.increment();
      case Event.ReservationMoved(var pool, var status) ->
          registry
              .counter("hourglass.reservations.moved", "model", pool, "to", status.wireName())
              .increment();
      case Event.LeaseLost _ -> lostLeases.increment();
      case Event.TurnArrived _, Event.StateChanged _, Event.LeaseEnded _ -> {}
    }
  }

  private void count(TurnEnd end) {
    String outcome =
        switch (end) {
          case TurnEnd.Completed _ -> "completed";
          case TurnEnd.Cancelled _ -> "cancelled";
          case TurnEnd.Failed _ -> "failed";
        };
    counter("hourglass.turns.ended", "outcome", outcome).increment();
    if (end instanceof TurnEnd.Completed completed && completed.replayed()) {
      return;
    }
    GenerationUsage usage = end.usage();
    promptTokens.increment(usage.prompt().promptTokens());
    cachedTokens.increment(usage.prompt().cachedTokens());
    completionTokens.increment(usage.completionTokens());
    Duration untilFirstText = end.timing().untilFirstText();
    if (untilFirstText != null) {
      firstText.record(untilFirstText);
    }
  }

  private void count(String kind, DestructionReceipt receipt) {
    destroyed
        .computeIfAbsent(
            new EndKey(kind, receipt.reason()),
            key ->
                registry.counter(
                    "hourglass.sessions.destroyed",
                    "kind",
                    key.kind,
                    "reason",
                    key.reason.wireName()))
        .increment();
    for (StageResult stage : receipt.stages()) {
      stages
          .computeIfAbsent(
              new StageKey(stage.stage(), stage.outcome()),
              key ->
                  Timer.builder("hourglass.destruction.stage")
                      .description("Stages of destruction")
                      .tag("stage", key.stage.name().toLowerCase(Locale.ROOT))
                      .tag("outcome", key.outcome.name().toLowerCase(Locale.ROOT))
                      .register(registry))
          .record(stage.took());
    }
    if (receipt.residue() instanceof Residue.Counted(int kvTokens)) {
      residue.increment(kvTokens);
    }
  }

  /** Everything counted so far, in Prometheus' text format. Asks the engines, and so may wait. */
  String scrape() throws InterruptedException {
    ModelMeters shown = models;
    if (shown != null) {
      shown.refresh();
    }
    return registry.scrape();
  }
}
