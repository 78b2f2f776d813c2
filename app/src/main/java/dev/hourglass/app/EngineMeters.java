package dev.hourglass.app;

import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** What the embedded engine does, among the metrics. */
final class EngineMeters {
  private final MeterRegistry registry;
  private final LlamaEngine engine;

  private EngineMeters(MeterRegistry registry, LlamaEngine engine) {
    this.registry = registry;
    this.engine = engine;
  }

  static void show(LlamaEngine engine, MeterRegistry registry) {
    EngineMeters meters = new EngineMeters(registry, engine);
    Gauge.builder("hourglass.engine.up", engine, its -> its.isDown() ? 0 : 1)
        .description("Whether the engine's thread lives")
        .tag("model", engine.info().model())
        .register(registry);
    meters.gauge("queued", "Generations that wait for a place", LlamaStats::queuedGenerations);
    meters.gauge("running", "Generations that have a sequence", LlamaStats::runningGenerations);
    meters.gauge("step.millis", "Moving average of a step's duration", LlamaStats::stepMillis);
    meters.gauge("chunk.tokens", "Prompt tokens that a step takes", LlamaStats::chunkTokens);
    meters.counter("steps", "Decodes, each for all that run", LlamaStats::steps);
    meters.counter("decoded.tokens", "Answer tokens sampled", LlamaStats::decodedTokens);
    meters.counter("prefilled.tokens", "Prompt tokens decoded", LlamaStats::prefillTokens);
    meters.counter(
        "released.for.room", "Idle sessions released to make room", LlamaStats::releasedForRoom);
    meters.counter(
        "preemptions", "Generations that gave their cells up for a while", LlamaStats::preemptions);
  }

  private void gauge(String name, String description, ToDoubleFunction<LlamaStats> value) {
    Gauge.builder("hourglass.engine." + name, engine, its -> value.applyAsDouble(its.stats()))
        .description(description)
        .tag("model", engine.info().model())
        .register(registry);
  }

  private void counter(String name, String description, ToDoubleFunction<LlamaStats> value) {
    FunctionCounter.builder(
            "hourglass.engine." + name, engine, its -> value.applyAsDouble(its.stats()))
        .description(description)
        .tag("model", engine.info().model())
        .register(registry);
  }
}
