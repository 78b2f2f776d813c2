package dev.hourglass.testkit.admission;

import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.CapacityView;
import dev.hourglass.core.admission.ScheduledTimeline;
import dev.hourglass.core.admission.Timeline;
import dev.hourglass.core.admission.TurnLimit;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.reservation.ReservedCapacity;
import dev.hourglass.core.routing.EngineDirectory;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** The admission of a house in a test, in real time. */
public final class RealTimeAdmission {
  private RealTimeAdmission() {}

  /** Refuses nobody before so many turns are in the house. */
  public static Admissions open(EngineDirectory engines, int turns) {
    return withSlots(engines, turns, turns, AdmissionSettings.DEFAULTS);
  }

  /** Has so many slots for each model. */
  public static Admissions withSlots(
      EngineDirectory engines, int turns, int slots, AdmissionSettings settings) {
    return of(engines, turns, _ -> CapacityView.of(slots), settings, ReservedCapacity.NONE);
  }

  /** Has what is said of each model. */
  public static Admissions of(
      EngineDirectory engines,
      int turns,
      Function<Engine, CapacityView> capacity,
      AdmissionSettings settings,
      ReservedCapacity reserved) {
    Timeline timeline =
        new ScheduledTimeline(
            Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("admission").factory()),
            System::nanoTime);
    Map<String, Admission> byModel = new HashMap<>();
    engines
        .engines()
        .forEach(engine ->
            byModel.put(
                engine.info().model(),
                new Admission(settings, capacity.apply(engine), timeline, new SecureRandom())));
    return new Admissions(new TurnLimit(turns), byModel, null, reserved);
  }
}
