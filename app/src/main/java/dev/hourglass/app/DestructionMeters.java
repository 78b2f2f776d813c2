package dev.hourglass.app;

import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.SweepReport;
import dev.hourglass.store.sqlite.SqliteSessionStore;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/**
 * Destructions under way, what they leave in the store for a moment, and what the latest sweep
 * found, among the metrics.
 */
final class DestructionMeters {
  private DestructionMeters() {}

  static void show(
      Destruction destruction, Sweep sweep, SqliteSessionStore store, MeterRegistry registry) {
    Gauge.builder("hourglass.destructions", destruction, Destruction::underWay)
        .description("Destructions under way")
        .register(registry);
    Gauge.builder("hourglass.destructions.waiting", destruction, Destruction::backlog)
        .description("Destructions under way that wait for a worker")
        .register(registry);
    FunctionCounter.builder("hourglass.destructions.retries", destruction, Destruction::triedAgain)
        .description("Times that a destruction was tried again")
        .register(registry);
    Gauge.builder("hourglass.store.texts.left", store, SqliteSessionStore::textsLeft)
        .description("Sessions whose erased text is in the database's log until it is emptied")
        .register(registry);
    swept(
        sweep,
        registry,
        "leak.rate",
        "Share of what was to be given back and had to be taken back",
        SweepReport::leakRate);
    swept(
        sweep,
        registry,
        "sweep.expired",
        "Sessions that the latest sweep ended",
        SweepReport::expired);
    swept(
        sweep,
        registry,
        "sweep.put.off",
        "Expired sessions left to the next sweep",
        SweepReport::putOff);
    swept(
        sweep,
        registry,
        "sweep.orphans",
        "Sessions of nobody that the latest sweep found",
        SweepReport::orphans);
    swept(
        sweep,
        registry,
        "sweep.failures",
        "What the latest sweep could not do",
        SweepReport::failed);
  }

  private static void swept(
      Sweep sweep,
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<SweepReport> value) {
    Gauge.builder(
            "hourglass." + name, sweep, its -> its.latest().map(value::applyAsDouble).orElse(0.0))
        .description(description)
        .register(registry);
  }
}
