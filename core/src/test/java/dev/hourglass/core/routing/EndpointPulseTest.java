package dev.hourglass.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.core.routing.EndpointLoad.Pace;
import org.junit.jupiter.api.Test;

class EndpointPulseTest {
  @Test
  void aPeakCountsAtOnceAndFades() {
    PeakAverage average = new PeakAverage(10);
    assertThat(average.at(0)).isZero();
    average.sample(0, 1);
    average.sample(1, 5);
    assertThat(average.at(1)).isEqualTo(5);
    average.sample(11, 1);
    assertThat(average.at(11)).isCloseTo(5 / Math.E + (1 - 1 / Math.E), within(1e-9));
    assertThat(average.at(1_000)).isCloseTo(0, within(1e-9));
  }

  @Test
  void aClockThatJumpsBackDoesNoHarm() {
    PeakAverage average = new PeakAverage(10);
    average.sample(100, 2);
    average.sample(50, 1);
    assertThat(average.at(20)).isEqualTo(2);
  }

  @Test
  void prefillIsTheLeastSeenLatelyOfPromptsThatAreLongEnough() {
    EndpointPulse pulse = new EndpointPulse();
    pulse.firstToken(0, 10, 1_000);
    pulse.firstToken(1, 0.2, 1_000);
    pulse.firstToken(2, 0.001, 10);
    assertThat(pulse.pace(2).prefillSecondsPerToken()).isEqualTo(0.0002);
    for (int sample = 0; sample < 1_000; sample++) {
      pulse.firstToken(3, 0.4, 1_000);
    }
    assertThat(pulse.pace(3).prefillSecondsPerToken()).isEqualTo(0.0004);
  }

  @Test
  void waitingIsWhatIsInLineOverTheSlots() {
    assertThat(load(1, 9, 10).queueSeconds()).isZero();
    assertThat(load(1, 14, 10).queueSeconds()).isCloseTo(5 * 8.0 / 10, within(1e-9));
    assertThat(load(0.5, 9, 10).queueSeconds()).isCloseTo(5 * 8.0 / 5, within(1e-9));
    assertThat(load(1, 9, 0).queueSeconds()).isEqualTo(0.5);
  }

  @Test
  void wrongFiguresAreNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load(0, 0, 0))
        .withMessage("weight: 0.0 (expected: > 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EndpointId("a b"))
        .withMessageContaining("endpoint: a b (expected: ");
  }

  private static EndpointLoad load(double weight, int inFlight, int slots) {
    return new EndpointLoad(
        new EndpointId("e"), weight, inFlight, slots, 0, new Pace(0.02, 0.5, 8, 0.0002));
  }
}
