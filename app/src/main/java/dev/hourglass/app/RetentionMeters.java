package dev.hourglass.app;

import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.RetentionReport;
import dev.hourglass.core.retention.policy.RetentionReport.TierReport;
import dev.hourglass.core.session.Residency;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What retention decides, tier by tier, among the metrics. */
final class RetentionMeters {
  private final LiveRetention retention;
  private final MeterRegistry registry;

  private RetentionMeters(LiveRetention retention, MeterRegistry registry) {
    this.retention = retention;
    this.registry = registry;
  }

  static void show(LiveRetention retention, MeterRegistry registry) {
    RetentionMeters meters = new RetentionMeters(retention, registry);
    meters.house("watched", "Sessions that are known", report -> report.watched());
    meters.house(
        "fallen.back",
        "1 while value goes by last use, since that would have kept more",
        report -> report.fallenBack() ? 1 : 0);
    FunctionCounter.builder(
            "hourglass.retention.decisions", retention, its -> its.current().decisions())
        .description("States that were chosen to go")
        .register(registry);
    for (Residency tier : List.of(Residency.HOT, Residency.WARM, Residency.COLD)) {
      meters.tier(tier, "sessions", "Sessions with state there", TierReport::sessions);
      meters.tier(tier, "kv.tokens", "KV tokens of states there", TierReport::kvTokens);
      meters.tier(tier, "used.share", "How full the tier is", TierReport::used);
      meters.tier(
          tier, "expected.share", "How full the tier is foreseen to be", TierReport::expected);
      meters.tier(
          tier,
          "price",
          "Lambda: seconds saved for each second that 1,000 tokens are held",
          report -> report.price().orElse(0));
      for (Departure why : Departure.values()) {
        meters.departures(tier, why);
      }
    }
  }

  private void house(String name, String description, ToDoubleFunction<RetentionReport> value) {
    Gauge.builder(
            "hourglass.retention." + name, retention, its -> value.applyAsDouble(its.current()))
        .description(description)
        .register(registry);
  }

  private void tier(
      Residency tier, String name, String description, ToDoubleFunction<TierReport> value) {
    Gauge.builder(
            "hourglass.retention." + name,
            retention,
            its -> value.applyAsDouble(its.current().of(tier)))
        .description(description)
        .tag("tier", tier.wireName())
        .register(registry);
  }

  private void departures(Residency tier, Departure why) {
    FunctionCounter.builder(
            "hourglass.retention.departures",
            retention,
            its -> its.current().of(tier).departures().getOrDefault(why, 0L))
        .description("States that left a tier although their sessions live on")
        .tag("tier", tier.wireName())
        .tag("reason", why.wireName())
        .register(registry);
  }
}
