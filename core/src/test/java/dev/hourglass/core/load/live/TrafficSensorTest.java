package dev.hourglass.core.load.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.core.load.live.HandDrivenEngine.Drive;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrafficSensorTest {
  private final VirtualTime time = new VirtualTime();
  private final HandDrivenEngine engine = new HandDrivenEngine();
  private final ObservedEngine observed = new ObservedEngine(engine, time);
  private final TrafficSensor sensor = new TrafficSensor(observed);

  @Test
  void anIdleEngineHasKnownZerosAndUnknownTimes() {
    time.passMillis(1_000);

    assertThat(value(LoadSignal.IN_FLIGHT_REQUESTS)).contains(0.0);
    assertThat(value(LoadSignal.ARRIVALS)).contains(0.0);
    assertThat(value(LoadSignal.TTFT_MILLIS)).isEmpty();
    assertThat(value(LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS)).isEmpty();
  }

  @Test
  void whatIsInTheEngineIsCountedWithItsTokens() {
    engine.ask(observed);
    Drive second = engine.ask(observed);
    second.starts(30, 10);
    second.says("a");
    second.says("b");

    assertThat(value(LoadSignal.IN_FLIGHT_REQUESTS)).contains(2.0);
    assertThat(value(LoadSignal.IN_FLIGHT_TOKENS)).contains(32.0);
    second.finishes(2);
    assertThat(value(LoadSignal.IN_FLIGHT_REQUESTS)).contains(1.0);
    assertThat(value(LoadSignal.IN_FLIGHT_TOKENS)).contains(0.0);
  }

  @Test
  void ratesAreMeansOfFiveSeconds() {
    for (int request = 0; request < 10; request++) {
      Drive drive = engine.ask(observed);
      drive.starts(50, 20);
      drive.finishes(1);
    }
    for (int second = 1; second < 5; second++) {
      time.passMillis(1_000);
      var _ = sensor.read();
    }
    time.passMillis(1_000);

    // Ten answers, and three hundred tokens computed.
    assertThat(sensor.read())
        .contains(
            Reading.now(LoadSignal.COMPLETIONS, HandDrivenEngine.MODEL, 2),
            Reading.now(LoadSignal.UNCACHED_INPUT_TOKENS, HandDrivenEngine.MODEL, 60));
    time.passMillis(1_000);
    assertThat(value(LoadSignal.COMPLETIONS)).as("five seconds without any").contains(0.0);
  }

  @Test
  void timesAreAveragesOfWhatWasSeen() {
    Drive drive = engine.ask(observed);
    drive.starts(10, 0);
    time.passMillis(200);
    drive.says("a");
    time.passMillis(40);
    drive.says("b");
    time.passMillis(60);
    drive.says("c");

    assertThat(value(LoadSignal.TTFT_MILLIS)).contains(200.0);
    assertThat(value(LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS)).contains(50.0);
  }

  @Test
  void aTextOfSeveralTokensIsNotATokenThatTookLong() {
    Drive drive = engine.ask(observed);
    drive.starts(10, 0);
    drive.says("a b c d");
    time.passMillis(400);
    drive.says(" e f g h");
    drive.finishes(8);

    assertThat(value(LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS)).contains(100.0);
  }

  @Test
  void anAnswerThatFallsSilentIsSlowNow() {
    Drive drive = engine.ask(observed);
    drive.starts(10, 0);
    drive.says("a");
    time.passMillis(20);
    drive.says("b");
    assertThat(value(LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS)).contains(20.0);
    for (int second = 0; second < 30; second++) {
      time.passMillis(1_000);
      var _ = sensor.read();
    }
    assertThat(value(LoadSignal.TIME_PER_OUTPUT_TOKEN_MILLIS).orElseThrow()).isGreaterThan(10_000);
  }

  @Test
  void anAverageIsAsOldAsTheLastThingThatWentIntoIt() {
    Drive drive = engine.ask(observed);
    drive.starts(10, 0);
    drive.says("a");
    drive.finishes(1);
    var _ = sensor.read();
    time.passMillis(45_000);

    assertThat(reading(LoadSignal.TTFT_MILLIS).orElseThrow().age())
        .isEqualTo(Duration.ofSeconds(45));
  }

  @Test
  void whatRequestsAreLikeIsRemembered() {
    for (int seconds : new int[] {10, 30}) {
      Drive drive = engine.ask(observed);
      drive.starts(100, 40);
      time.pass(Duration.ofSeconds(seconds));
      drive.finishes(20);
    }
    RequestShapes.Typical typical = observed.shapes().typical();
    assertThat(typical).isEqualTo(new RequestShapes.Typical(2, 20, 120, 60, 20));
    // Of all the time, that which lies 20 s before an end: 10 of 40 seconds.
    assertThat(observed.shapes().stillThereAfter(20)).isCloseTo(0.25, within(1e-12));
    assertThat(observed.shapes().stillThereAfter(30)).isZero();
  }

  /** Reads, and tells what the reading says. */
  private Optional<Double> value(LoadSignal signal) {
    return reading(signal).map(Reading::value);
  }

  private Optional<Reading> reading(LoadSignal signal) {
    return sensor.read().stream().filter(reading -> reading.series().signal() == signal).findAny();
  }
}
