package dev.hourglass.server;

import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.AdmissionStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Who gets in, and which hints come true, among the metrics. */
final class AdmissionMeters {
  private final MeterRegistry registry;
  private final String model;
  private final Admission admission;

  private AdmissionMeters(MeterRegistry registry, String model, Admission admission) {
    this.registry = registry;
    this.model = model;
    this.admission = admission;
  }

  static void show(String model, Admission admission, MeterRegistry registry) {
    new AdmissionMeters(registry, model, admission).show();
  }

  private void show() {
    gauge("slots", "Turns that may run at once", AdmissionStats::slots);
    gauge("busy.slots", "Turns that run", AdmissionStats::busySlots);
    gauge("waiting", "Turns in the waiting room", AdmissionStats::waiting);
    gauge("tickets", "Places kept for clients who are to come back", AdmissionStats::tickets);
    gauge(
        "service.seconds", "Mean time that a turn holds its slot", AdmissionStats::serviceSeconds);
    gauge(
        "hint.margin",
        "Share by which hints are later than the plain estimate",
        AdmissionStats::hintMargin);
    counter("admitted", "how", "at_once", AdmissionStats::admittedAtOnce);
    counter("admitted", "how", "after_waiting", AdmissionStats::admittedAfterWaiting);
    counter("refused", "reason", "come_back", AdmissionStats::toldToComeBack);
    counter("refused", "reason", "too_far_off", AdmissionStats::tooFarOff);
    counter("refused", "reason", "bad_ticket", AdmissionStats::badTickets);
    counter("lost", "how", "left_waiting", AdmissionStats::leftWaiting);
    counter("lost", "how", "ticket_expired", AdmissionStats::ticketsExpired);
    counter("hints", "outcome", "hit", AdmissionStats::hintHits);
    counter("hints", "outcome", "miss", AdmissionStats::hintMisses);
    counter("far.hints", "outcome", "hit", AdmissionStats::farHintHits);
    counter("far.hints", "outcome", "miss", AdmissionStats::farHintMisses);
  }

  private void gauge(String name, String description, ToDoubleFunction<AdmissionStats> value) {
    Gauge.builder("hourglass.admission." + name, admission, its -> value.applyAsDouble(its.stats()))
        .description(description)
        .tag("model", model)
        .register(registry);
  }

  private void counter(
      String name, String tag, String tagValue, ToDoubleFunction<AdmissionStats> value) {
    FunctionCounter.builder(
            "hourglass.admission." + name, admission, its -> value.applyAsDouble(its.stats()))
        .description("Turns and hints, as counted by admission")
        .tag("model", model)
        .tag(tag, tagValue)
        .register(registry);
  }
}
