package dev.hourglass.server;

import dev.hourglass.core.activity.ActivityWatch;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** The rhythm of turns, and how their topics are found out, among the metrics. */
final class ActivityMeters {
  private final ActivityWatch activity;
  private final MeterRegistry registry;

  private ActivityMeters(ActivityWatch activity, MeterRegistry registry) {
    this.activity = activity;
    this.registry = registry;
  }

  static void show(ActivityWatch activity, MeterRegistry registry) {
    ActivityMeters meters = new ActivityMeters(activity, registry);
    meters.gauge(
        "minute", "Turns that arrived in the last settled minute", it -> it.pulse().lastMinute());
    meters.gauge(
        "ten.minutes",
        "Turns that arrived in the last ten settled minutes",
        it -> it.pulse().lastTenMinutes());
    meters.gauge(
        "burst",
        "Turns of the last burst, after which nobody came for 30 s",
        it -> it.pulse().lastBurst());
    meters.gauge("waiting", "Turns whose topic is to be found out", ActivityWatch::waiting);
    meters.counter("late", "Turns that ended too late to be counted", it -> it.pulse().late());
    meters.counter(
        "skipped", "Turns whose topic nobody had time to look at", ActivityWatch::skipped);
    meters.topics("embedding", ActivityWatch::embedded);
    meters.topics("lexical", ActivityWatch::byWords);
  }

  private void gauge(String name, String description, ToDoubleFunction<ActivityWatch> value) {
    Gauge.builder("hourglass.activity.turns." + name, activity, value)
        .description(description)
        .register(registry);
  }

  private void counter(String name, String description, ToDoubleFunction<ActivityWatch> value) {
    FunctionCounter.builder("hourglass.activity.turns." + name, activity, value)
        .description(description)
        .register(registry);
  }

  private void topics(String measure, ToDoubleFunction<ActivityWatch> value) {
    FunctionCounter.builder("hourglass.activity.topics", activity, value)
        .description("Turns whose topic was found out, by what it was measured with")
        .tag("measure", measure)
        .register(registry);
  }
}
