package dev.hourglass.server;

import dev.hourglass.core.retention.policy.RetentionReport;
import dev.hourglass.core.retention.policy.RetentionReport.TierReport;
import dev.hourglass.core.retention.policy.RetentionView;
import dev.hourglass.protocol.response.RetentionDescription;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Retention over HTTP: what each tier holds, and what it costs. */
final class RetentionEndpoint {
  private final RetentionView retention;

  RetentionEndpoint(RetentionView retention) {
    this.retention = retention;
  }

  /** {@code GET /v1/retention}. */
  void show(Exchange exchange) {
    exchange.sendJson(
        200,
        retention
            .report()
            .map(RetentionEndpoint::description)
            .orElseGet(() -> new RetentionDescription(null, false, 0, 0, List.of()))
            .toJson());
  }

  private static RetentionDescription description(RetentionReport report) {
    return new RetentionDescription(
        report.policy(),
        report.fallenBack(),
        report.watched(),
        report.decisions(),
        report.tiers().stream().map(RetentionEndpoint::tier).toList());
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
