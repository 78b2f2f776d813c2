package dev.hourglass.app;

import dev.hourglass.core.residency.LadderStats;
import dev.hourglass.core.residency.SnapshotLadder;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** What the tiers below the engine hold and do, among the metrics. */
final class LadderMeters {
  private final SnapshotLadder ladder;
  private final MeterRegistry registry;

  private LadderMeters(SnapshotLadder ladder, MeterRegistry registry) {
    this.ladder = ladder;
    this.registry = registry;
  }

  static void show(SnapshotLadder ladder, MeterRegistry registry) {
    LadderMeters meters = new LadderMeters(ladder, registry);
    meters.gauge("sessions", "warm", "Sessions with a snapshot", LadderStats::warmSessions);
    meters.gauge("sessions", "cold", "Sessions with a snapshot", LadderStats::coldSessions);
    meters.gauge("bytes", "warm", "Bytes of snapshots", LadderStats::warmBytes);
    meters.gauge("bytes", "cold", "Bytes of snapshots", LadderStats::coldBytes);
    meters.counter("demotions", "warm", "Moves down to the tier", LadderStats::demotionsToWarm);
    meters.counter("demotions", "cold", "Moves down to the tier", LadderStats::demotionsToCold);
    meters.counter(
        "promotions", "warm", "Moves from the tier to the engine", LadderStats::promotionsFromWarm);
    meters.counter(
        "promotions", "cold", "Moves from the tier to the engine", LadderStats::promotionsFromCold);
    meters.counter("dropped", "any", "Snapshots given up for want of room", LadderStats::dropped);
    meters.counter("refused", "any", "Snapshots that could not be put back", LadderStats::refused);
    meters.counter("failures", "cold", "What the disk refused to do", LadderStats::coldFailures);
    meters.gauge(
        "in.use",
        "cold",
        "Whether snapshots go to disk at present",
        stats -> stats.coldInUse() ? 1 : 0);
    meters.counter(
        "restore.seconds", "any", "Time of all restores", stats -> stats.restoreNanos() / 1e9);
    meters.gauge(
        "break.even.tokens",
        "any",
        "Shortest state that is worth a snapshot",
        LadderStats::breakEvenTokens);
  }

  private void gauge(
      String name, String tier, String description, ToDoubleFunction<LadderStats> value) {
    Gauge.builder("hourglass.ladder." + name, ladder, its -> value.applyAsDouble(its.stats()))
        .description(description)
        .tag("tier", tier)
        .register(registry);
  }

  private void counter(
      String name, String tier, String description, ToDoubleFunction<LadderStats> value) {
    FunctionCounter.builder(
            "hourglass.ladder." + name, ladder, its -> value.applyAsDouble(its.stats()))
        .description(description)
        .tag("tier", tier)
        .register(registry);
  }
}
