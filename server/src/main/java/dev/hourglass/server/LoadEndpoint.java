package dev.hourglass.server;

import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.AdmissionStats;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.ForecastSkill;
import dev.hourglass.core.load.limit.Capacity;
import dev.hourglass.core.load.live.LoadReport;
import dev.hourglass.core.load.live.LoadReport.ForecastReport;
import dev.hourglass.core.load.live.LoadReport.Outlook;
import dev.hourglass.core.load.live.LoadReport.PoolReport;
import dev.hourglass.core.load.live.LoadReport.Refused;
import dev.hourglass.core.load.live.LoadReport.SeriesReport;
import dev.hourglass.core.load.live.LoadSignal;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.SensorHealth;
import dev.hourglass.protocol.response.LoadDescription;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The load over HTTP: what is, what is foreseen, and what follows from it. */
final class LoadEndpoint {
  private final LoadWatch load;
  private final Admissions admissions;
  private final BlockingWork blocking;

  LoadEndpoint(LoadWatch load, Admissions admissions, BlockingWork blocking) {
    this.load = load;
    this.admissions = admissions;
    this.blocking = blocking;
  }

  /** {@code GET /v1/load}. Ten thousand numbers: written off the event loop. */
  void show(Exchange exchange) {
    blocking.answer(
        exchange, () -> BlockingWork.Reply.json(200, description(load.report()).toJson()));
  }

  private LoadDescription description(LoadReport report) {
    return new LoadDescription(
        report.at(),
        LoadReport.POINT_SECONDS,
        report.pools().stream().map(this::pool).toList(),
        report.series().stream().map(LoadEndpoint::signal).toList(),
        report.sensors().stream().map(LoadEndpoint::sensor).toList(),
        new LoadDescription.Refusals(
            report.refusedInAll(),
            report.latestRefused().stream().map(LoadEndpoint::refused).toList()));
  }

  private LoadDescription.Pool pool(PoolReport pool) {
    Capacity capacity = pool.thresholds().capacity();
    return new LoadDescription.Pool(
        pool.model(),
        new LoadDescription.Capacity(
            capacity.requests(),
            capacity.requestsPerSecond(),
            capacity.kvTokens(),
            capacity.sequences(),
            capacity.tokensPerRequest(),
            capacity.requestsSeen(),
            capacity.outputTokens(),
            capacity.tokenMillis(),
            capacity.firstTextMillis(),
            capacity.explanation()),
        pool.thresholds().explained().stream()
            .map(threshold ->
                new LoadDescription.Threshold(
                    threshold.name(), threshold.value(), threshold.explanation()))
            .toList(),
        admission(admissions.byModel().get(pool.model())));
  }

  private static LoadDescription.@Nullable Admission admission(@Nullable Admission admission) {
    if (admission == null) {
      return null;
    }
    AdmissionStats stats = admission.stats();
    return new LoadDescription.Admission(
        stats.slots(),
        stats.busySlots(),
        stats.waiting(),
        stats.tickets(),
        stats.serviceSeconds(),
        stats.admittedAtOnce() + stats.admittedAfterWaiting(),
        new LoadDescription.HintTally(stats.toldToComeBack(), stats.hintHits(), stats.hintMisses()),
        new LoadDescription.HintTally(
            stats.tooFarOff(), stats.farHintHits(), stats.farHintMisses()),
        admission.latestHints().stream()
            .map(hint ->
                new LoadDescription.Hint(
                    hint.age(),
                    hint.retryAfter(),
                    hint.placeKept(),
                    hint.outcome().name().toLowerCase(Locale.ROOT)))
            .toList());
  }

  private static LoadDescription.Signal signal(SeriesReport series) {
    LoadSignal signal = series.series().signal();
    return new LoadDescription.Signal(
        signal.wireName(),
        series.series().place(),
        signal.unit(),
        signal.meaning(),
        (int) signal.shelfLife().toSeconds(),
        series.value(),
        series.takenAt(),
        series.level(),
        series.deviation(),
        series.capacity(),
        series.capacityMeaning(),
        series.history(),
        series.forecasts().stream().map(LoadEndpoint::outlook).toList());
  }

  private static LoadDescription.Outlook outlook(ForecastReport report) {
    Outlook now = report.outlook();
    Optional<Forecast> forecast = Optional.ofNullable(now.forecast());
    ForecastSkill skill = now.skill();
    double floor = now.floorWape().orElse(Double.NaN);
    return new LoadDescription.Outlook(
        now.horizon().seconds(),
        number(forecast.map(Forecast::mean)),
        number(forecast.map(Forecast::p50)),
        number(forecast.map(Forecast::p90)),
        now.chanceAboveCapacity(),
        skill == null
            ? null
            : new LoadDescription.Skill(
                skill.wape(), skill.againstNaive(), floor, skill.wape() / floor),
        report.pastP50(),
        report.pastP90());
  }

  private static OptionalDouble number(Optional<Double> value) {
    return value.map(OptionalDouble::of).orElse(OptionalDouble.empty());
  }

  private static LoadDescription.Refused refused(Refused refused) {
    return new LoadDescription.Refused(
        refused.at(), refused.kind().name().toLowerCase(Locale.ROOT), refused.retryAfter());
  }

  private static LoadDescription.SensorState sensor(SensorHealth health) {
    return new LoadDescription.SensorState(
        health.sensor(), health.state().wireName(), health.failures(), health.problem());
  }
}
