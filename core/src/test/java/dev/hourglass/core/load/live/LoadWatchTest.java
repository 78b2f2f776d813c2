package dev.hourglass.core.load.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.load.limit.Thresholds;
import dev.hourglass.core.load.live.HandDrivenEngine.Drive;
import dev.hourglass.core.load.live.LoadReport.SeriesReport;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** The whole watch, in virtual time; sensors are read on the caller's thread. */
class LoadWatchTest {
  private static final Series CPU = new Series(LoadSignal.HOST_CPU, Series.HOST);
  private static final String MODEL = HandDrivenEngine.MODEL;

  private final VirtualTime time = new VirtualTime();
  private final EventBus events = new EventBus();
  private final SessionTable table =
      new SessionTable(
          new SessionLimits(1_000, 1_000, 8, Duration.ofMinutes(30), Duration.ofDays(1)),
          RandomGeneratorFactory.of("L64X128MixRandom").create(3),
          time,
          events);
  private final HandDrivenEngine engine = new HandDrivenEngine();
  private final ObservedEngine observed = new ObservedEngine(engine, time);

  /** A host whose processor a test sets; NaN throws. */
  private static final class TestHost implements Sensor {
    private double cpu = 0.5;

    @Override
    public String name() {
      return "host";
    }

    @Override
    public Set<Series> series() {
      return Set.of(CPU);
    }

    @Override
    public List<Reading> read() {
      return List.of(Reading.now(LoadSignal.HOST_CPU, Series.HOST, cpu));
    }
  }

  private LoadWatch watch(Executor executor, Sensor... further) {
    return new LoadWatch(List.of(observed), table, List.of(further), events, executor, time, time);
  }

  private void pass(LoadWatch watch, int seconds) {
    for (int second = 0; second < seconds; second++) {
      time.passMillis(1_000);
      watch.second();
    }
  }

  @Test
  void everythingIsUnknownBeforeItIsRead() {
    LoadWatch watch = watch(Runnable::run, new TestHost());

    assertThat(watch.series()).hasSize(12);
    for (SeriesReport series : watch.report().series()) {
      assertThat(series.value()).as(series.series().toString()).isEmpty();
      assertThat(series.history()).hasSize(SampleRing.POINTS).containsOnly(Double.NaN);
      assertThat(series.forecasts()).hasSize(3);
      assertThat(series.forecasts())
          .allSatisfy(one -> assertThat(one.outlook().forecast()).isNull());
    }
  }

  @Test
  void whatSensorsReadIsSeenASecondLater() {
    LoadWatch watch = watch(Runnable::run, new TestHost());
    engine.ask(observed);
    pass(watch, 2);

    assertThat(watch.value(CPU)).hasValue(0.5);
    assertThat(watch.value(at(LoadSignal.IN_FLIGHT_REQUESTS))).hasValue(1);
    assertThat(watch.value(at(LoadSignal.KV_USED_TOKENS))).hasValue(100);
    assertThat(watch.value(at(LoadSignal.QUEUE_LENGTH))).hasValue(2);
    assertThat(watch.value(at(LoadSignal.STEP_MILLIS))).hasValue(12.5);
    assertThat(watch.value(at(LoadSignal.TTFT_MILLIS))).isEmpty();
  }

  @Test
  void aSensorThatFailsIsUnknownAfterItsShelfLifeAndNeverZero() {
    TestHost host = new TestHost();
    LoadWatch watch = watch(Runnable::run, host);
    pass(watch, 10);
    host.cpu = Double.NaN;
    pass(watch, 2);
    assertThat(watch.value(CPU)).as("still within its shelf life").hasValue(0.5);
    pass(watch, 12);
    assertThat(watch.value(CPU)).isEmpty();

    SeriesReport series = report(watch, CPU);
    assertThat(series.takenAt()).isNotNull();
    assertThat(series.history().getLast()).isNaN();
    assertThat(series.history()).contains(0.5).doesNotContain(0.0);
    assertThat(series.forecasts().getFirst().outlook().forecast()).isNull();
    assertThat(watch.value(at(LoadSignal.IN_FLIGHT_REQUESTS))).as("another sensor's").hasValue(0);
  }

  @Test
  void anEngineThatDoesNotAnswerHidesNothingElse() {
    List<Runnable> hanging = new ArrayList<>();
    LoadWatch watch =
        watch(
            task -> {
              if (engine.occupancy.toCompletableFuture().isDone()) {
                task.run();
              } else {
                hanging.add(task);
              }
            },
            new TestHost());
    pass(watch, 10);
    assertThat(watch.value(at(LoadSignal.KV_USED_TOKENS))).hasValue(100);

    engine.occupancy = new CompletableFuture<>();
    pass(watch, 30);

    assertThat(watch.value(at(LoadSignal.KV_USED_TOKENS))).isEmpty();
    assertThat(hanging).as("one task for each sensor, however long").hasSize(5);
    assertThat(watch.sensors())
        .extracting(SensorHealth::state)
        .containsOnly(SensorHealth.State.HANGING);
    assertThat(watch.thresholds(MODEL)).isPresent();
  }

  @Test
  void aSteadySignalIsForeseenAsItIs() {
    LoadWatch watch = watch(Runnable::run, new TestHost());
    pass(watch, 400);

    for (Horizon horizon : Horizon.values()) {
      var outlook = watch.outlook(CPU, horizon).orElseThrow();
      assertThat(forecast(watch, CPU, horizon).mean()).isCloseTo(0.5, within(1e-6));
      assertThat(forecast(watch, CPU, horizon).p90()).isCloseTo(0.5, within(1e-6));
      assertThat(outlook.chanceAboveCapacity().orElseThrow()).isLessThan(0.05);
      assertThat(outlook.skill()).isNotNull();
    }
    // What was said half a minute ago stands beside what came.
    var forecast = report(watch, CPU).forecasts().getFirst();
    assertThat(forecast.pastP90().getLast()).isCloseTo(0.5, within(1e-6));
    assertThat(forecast.pastP50()).hasSize(SampleRing.POINTS);
  }

  @Test
  void arrivalsCountThoseThatAreRefusedToo() {
    LoadWatch watch = watch(Runnable::run);
    pass(watch, 6);
    for (int request = 0; request < 10; request++) {
      events.publish(new Event.TurnArrived(MODEL));
    }
    events.publish(new Event.TurnArrived("another model"));
    pass(watch, 2);
    assertThat(watch.value(at(LoadSignal.ARRIVALS))).hasValue(2);
    pass(watch, 6);
    assertThat(watch.value(at(LoadSignal.ARRIVALS))).hasValue(0);
  }

  @Test
  void whoIsToldToComeBackIsRememberedAndWhoIsNotIsNoMatterOfLoad() {
    LoadWatch watch = watch(Runnable::run);
    events.publish(new Event.TurnRefused(Refusal.of(Refusal.Kind.MODEL_NOT_FOUND, "no such")));
    for (int request = 1; request <= 60; request++) {
      time.passMillis(1_000);
      events.publish(
          new Event.TurnRefused(
              new Refusal(
                  Refusal.Kind.OVERLOADED, "full", null, Duration.ofSeconds(request), null, null)));
    }
    LoadReport report = watch.report();
    assertThat(report.refusedInAll()).isEqualTo(60);
    assertThat(report.latestRefused()).hasSize(50);
    assertThat(report.latestRefused().getFirst())
        .isEqualTo(
            new LoadReport.Refused(
                time.instant(), Refusal.Kind.OVERLOADED, Duration.ofSeconds(60)));
  }

  @Test
  void sessionsAreForeseenToEndWhenTheirTimersSaySo() {
    for (int session = 0; session < 40; session++) {
      table.addImplicit(new TenantId("anybody"), MODEL);
    }
    LoadWatch watch = watch(Runnable::run);
    pass(watch, 1_750);
    assertThat(watch.value(at(LoadSignal.LIVE_SESSIONS))).hasValue(40);
    // Fifty seconds before all of them expire, only the timers can know.
    Series live = at(LoadSignal.LIVE_SESSIONS);
    assertThat(forecast(watch, live, Horizon.HALF_MINUTE).mean()).isCloseTo(40, within(0.5));
    assertThat(forecast(watch, live, Horizon.TWO_MINUTES).mean()).isLessThan(39);
    pass(watch, 60);
    assertThat(watch.value(at(LoadSignal.LIVE_SESSIONS))).hasValue(0);
  }

  @Test
  void thresholdsBeginWithWhatTheEngineHolds() {
    Thresholds thresholds = watch(Runnable::run).thresholds(MODEL).orElseThrow();

    // Four sequences; the memory would hold eight whole contexts.
    assertThat(thresholds.limit()).isEqualTo(4);
    assertThat(thresholds.quota(Criticality.CRITICAL)).isEqualTo(4);
    assertThat(thresholds.quota(Criticality.SHEDDABLE)).isCloseTo(3.6, within(1e-9));
    assertThat(thresholds.pressed()).isFalse();
    assertThat(thresholds.explained())
        .extracting(Thresholds.Threshold::name)
        .containsExactly("limit", "pressed", "quota_critical", "quota_standard", "quota_sheddable");
    assertThat(thresholds.explained())
        .allSatisfy(threshold -> assertThat(threshold.explanation()).endsWith("."));
  }

  @Test
  void moreThanTheEngineBearsPressesAndTakesFromTheSheddable() {
    LoadWatch watch = watch(Runnable::run);
    pass(watch, 10);
    for (int request = 0; request < 12; request++) {
      engine.ask(observed);
    }
    pass(watch, 60);

    Thresholds thresholds = watch.thresholds(MODEL).orElseThrow();
    assertThat(thresholds.pressed()).isTrue();
    assertThat(thresholds.quota(Criticality.SHEDDABLE)).isZero();
    assertThat(thresholds.quota(Criticality.CRITICAL)).isEqualTo(4);
    assertThat(thresholds.quota(Criticality.STANDARD)).isCloseTo(4 * 0.97, within(1e-9));
  }

  @Test
  void theLimitFallsWhenTokensTakeLongerAndReturns() {
    LoadWatch watch = watch(Runnable::run);
    List<Drive> drives = new ArrayList<>();
    for (int request = 0; request < 4; request++) {
      Drive drive = engine.ask(observed);
      drive.starts(100, 0);
      drive.says("a");
      drives.add(drive);
    }
    answer(watch, drives, 60, 20);
    assertThat(watch.thresholds(MODEL).orElseThrow().limit()).isEqualTo(4);
    answer(watch, drives, 40, 500);
    double slow = watch.thresholds(MODEL).orElseThrow().limit();
    assertThat(slow).isLessThan(4);
    answer(watch, drives, 120, 20);
    assertThat(watch.thresholds(MODEL).orElseThrow().limit()).isEqualTo(4);
  }

  /** Lets every answer say a token each so many milliseconds. */
  private void answer(LoadWatch watch, List<Drive> drives, int seconds, int millis) {
    for (int second = 0; second < seconds; second++) {
      for (int passed = 0; passed < 1_000; passed += millis) {
        time.passMillis(millis);
        drives.forEach(drive -> drive.says("a"));
      }
      watch.second();
    }
  }

  @Test
  void twoSensorsMayNotMeasureTheSame() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> watch(Runnable::run, new TestHost(), new TestHost()))
        .withMessageContaining("measured by one sensor only");
  }

  private static Series at(LoadSignal signal) {
    return new Series(signal, MODEL);
  }

  private static Forecast forecast(LoadWatch watch, Series which, Horizon horizon) {
    return Objects.requireNonNull(watch.outlook(which, horizon).orElseThrow().forecast());
  }

  private static SeriesReport report(LoadWatch watch, Series which) {
    return watch.report().series().stream()
        .filter(series -> series.series().equals(which))
        .findAny()
        .orElseThrow();
  }

  @Test
  void aModelThatComesLaterIsWatchedAsThoseOfTheStartAre() {
    LoadWatch watch = new LoadWatch(List.of(), table, List.of(), events, Runnable::run, time, time);
    assertThat(watch.thresholds(MODEL)).isEmpty();
    pass(watch, 3);

    watch.watch(observed, List.of(new TestHost()));
    assertThat(watch.models()).containsExactly(MODEL);
    assertThat(watch.thresholds(MODEL)).isPresent();
    events.publish(new Event.TurnArrived(MODEL));
    pass(watch, 3);

    assertThat(watch.series()).hasSize(12);
    assertThat(watch.value(CPU)).hasValue(0.5);
    assertThat(watch.value(new Series(LoadSignal.IN_FLIGHT_REQUESTS, MODEL))).hasValue(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> watch.watch(observed, List.of()))
        .withMessageContaining("one sensor only");
  }
}
