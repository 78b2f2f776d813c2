package dev.hourglass.server;

import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.ForecastSkill;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.limit.Thresholds;
import dev.hourglass.core.load.live.LoadReport.Outlook;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.SensorHealth;
import dev.hourglass.core.load.live.Series;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** The load among the metrics. What is unknown is NaN, never zero. */
final class LoadMeters {
  private final MeterRegistry registry;
  private final LoadWatch load;

  // Guarded by this.
  private final Set<Series> series = new HashSet<>();
  private final Set<String> models = new HashSet<>();
  private final Set<String> sensors = new HashSet<>();

  LoadMeters(MeterRegistry registry, LoadWatch load) {
    this.registry = registry;
    this.load = load;
  }

  /** Shows what is measured by now and was not shown yet. */
  synchronized void refresh() {
    load.series().stream().filter(series::add).forEach(this::series);
    load.models().stream().filter(models::add).forEach(this::thresholds);
    load.sensors().stream().filter(health -> sensors.add(health.sensor())).forEach(this::sensor);
  }

  private void series(Series series) {
    Tags tags = Tags.of("signal", series.signal().wireName(), "place", series.place());
    gauge(
        "signal",
        "Signals of the load; NaN where unknown",
        tags,
        its -> its.value(series).orElse(Double.NaN));
    for (Horizon horizon : Horizon.values()) {
      Tags ahead = tags.and("horizon", horizon.seconds() + "s");
      forecast(series, horizon, ahead.and("quantile", "mean"), Forecast::mean);
      forecast(series, horizon, ahead.and("quantile", "0.5"), Forecast::p50);
      forecast(series, horizon, ahead.and("quantile", "0.9"), Forecast::p90);
      gauge(
          "chance.above.capacity",
          "Chance that the signal passes its capacity within the horizon",
          ahead,
          its -> of(its, series, horizon, it -> it.chanceAboveCapacity().orElse(Double.NaN)));
      skill(series, horizon, "error.percent", "WAPE of late", ahead, ForecastSkill::wape);
      skill(
          series,
          horizon,
          "skill",
          "1 is perfect, 0 no better than taking the last value",
          ahead,
          ForecastSkill::againstNaive);
      gauge(
          "forecast.floor.percent",
          "WAPE that no forecast of the signal can go below",
          ahead,
          its -> of(its, series, horizon, it -> it.floorWape().orElse(Double.NaN)));
    }
  }

  private void forecast(
      Series series, Horizon horizon, Tags tags, ToDoubleFunction<Forecast> value) {
    gauge(
        "forecast",
        "What is foreseen for the end of the horizon",
        tags,
        its ->
            of(
                its,
                series,
                horizon,
                it -> it.forecast() == null ? Double.NaN : value.applyAsDouble(it.forecast())));
  }

  private void skill(
      Series series,
      Horizon horizon,
      String name,
      String description,
      Tags tags,
      ToDoubleFunction<ForecastSkill> value) {
    gauge(
        "forecast." + name,
        description,
        tags,
        its ->
            of(
                its,
                series,
                horizon,
                it -> it.skill() == null ? Double.NaN : value.applyAsDouble(it.skill())));
  }

  private static double of(
      LoadWatch load, Series series, Horizon horizon, ToDoubleFunction<Outlook> value) {
    return load.outlook(series, horizon)
        .map(report -> value.applyAsDouble(report))
        .orElse(Double.NaN);
  }

  private void thresholds(String model) {
    load.thresholds(model)
        .ifPresent(now ->
            now.explained()
                .forEach(threshold ->
                    gauge(
                        "threshold",
                        "Requests at once, and whether they press; /v1/load has the reasons",
                        Tags.of("model", model, "threshold", threshold.name()),
                        its ->
                            its.thresholds(model)
                                .map(later -> value(later, threshold.name()))
                                .orElse(Double.NaN))));
  }

  private static double value(Thresholds thresholds, String name) {
    return thresholds.explained().stream()
        .filter(threshold -> threshold.name().equals(name))
        .mapToDouble(Thresholds.Threshold::value)
        .findAny()
        .orElse(Double.NaN);
  }

  private void sensor(SensorHealth sensor) {
    FunctionCounter.builder(
            "hourglass.load.sensor.failures",
            load,
            its ->
                its.sensors().stream()
                    .filter(health -> health.sensor().equals(sensor.sensor()))
                    .mapToLong(SensorHealth::failures)
                    .sum())
        .description("Readings of a sensor that threw or took too long")
        .tag("sensor", sensor.sensor())
        .register(registry);
  }

  private void gauge(
      String name, String description, Tags tags, ToDoubleFunction<LoadWatch> value) {
    Gauge.builder("hourglass.load." + name, load, value)
        .description(description)
        .tags(tags)
        .register(registry);
  }
}
