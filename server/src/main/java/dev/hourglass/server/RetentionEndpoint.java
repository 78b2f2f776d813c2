package dev.hourglass.server;

import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.SweepReport;
import dev.hourglass.core.retention.policy.RetentionReport;
import dev.hourglass.core.retention.policy.RetentionReport.TierReport;
import dev.hourglass.core.retention.policy.RetentionView;
import dev.hourglass.protocol.response.RetentionDescription;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Retention over HTTP: what each tier holds, what it costs, and whether everything comes back. */
final class RetentionEndpoint {
  private final RetentionView retention;
  private final Sweep sweep;

  RetentionEndpoint(RetentionView retention, Sweep sweep) {
    this.retention = retention;
    this.sweep = sweep;
  }

  /** {@code GET /v1/retention}. */
  void show(Exchange exchange) {
    RetentionDescription.Sweep latest = sweep.latest().map(RetentionEndpoint::sweep).orElse(null);
    exchange.sendJson(
        200,
        retention
            .report()
            .map(report -> description(report, latest))
            .orElseGet(() -> new RetentionDescription(null, false, 0, 0, List.of(), latest))
            .toJson());
  }

  private static RetentionDescription.Sweep sweep(SweepReport report) {
    return new RetentionDescription.Sweep(
        report.at(),
        report.leakRate(),
        report.expired(),
        report.putOff(),
        report.orphans(),
        report.released(),
        report.failed(),
        report.lostLeases());
  }

  private static RetentionDescription description(
      RetentionReport report, RetentionDescription.@Nullable Sweep latest) {
    return new RetentionDescription(
        report.policy(),
        report.fallenBack(),
        report.watched(),
        report.decisions(),
        report.tiers().stream().map(RetentionEndpoint::tier).toList(),
        latest);
  }

  private static RetentionDescription.Tier tier(TierReport tier) {
    Map<String, Long> departures = new TreeMap<>();
    tier.departures().forEach((why, count) -> departures.put(why.wireName(), count));
    return new RetentionDescription.Tier(
        tier.tier().wireName(),
        tier.sessions(),
        tier.kvTokens(),
        tier.used(),
        tier.expected(),
        tier.target(),
        tier.price(),
        departures);
  }
}
