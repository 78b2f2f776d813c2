package dev.hourglass.core.load.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class AttackReleaseAverageTest {
  private final AttackReleaseAverage average = AttackReleaseAverage.ofLoad();

  @Test
  void knowsNothingBeforeTheFirstValue() {
    assertThat(average.mean()).isNaN();
    average.update(7, 1);
    assertThat(average.mean()).isEqualTo(7);
    assertThat(average.deviation()).isZero();
  }

  @Test
  void risesWithFiveSecondsAndFallsWithSixty() {
    average.update(0, 1);
    for (int second = 0; second < 5; second++) {
      average.update(100, 1);
    }
    double risen = 100 * (1 - Math.exp(-1));
    assertThat(average.mean()).isCloseTo(risen, within(1e-9));

    for (int second = 0; second < 60; second++) {
      average.update(0, 1);
    }
    assertThat(average.mean()).isCloseTo(risen * Math.exp(-1), within(1e-9));
  }

  @Test
  void aGapCountsAsLongAsItWas() {
    AttackReleaseAverage often = AttackReleaseAverage.ofLoad();
    often.update(0, 1);
    average.update(0, 1);
    for (int tenth = 0; tenth < 30; tenth++) {
      often.update(10, 0.1);
    }
    average.update(10, 3);
    assertThat(average.mean()).isCloseTo(often.mean(), within(1e-9));
  }

  @Test
  void theDeviationIsThatOfTheValues() {
    AttackReleaseAverage even =
        new AttackReleaseAverage(Duration.ofSeconds(500), Duration.ofSeconds(500));
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    for (int second = 0; second < 20_000; second++) {
      even.update(random.nextGaussian(50, 4), 1);
    }
    assertThat(even.mean()).isCloseTo(50, within(1.0));
    assertThat(even.deviation()).isCloseTo(4, within(0.4));
  }

  @Test
  void aTimeMustBePositive() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AttackReleaseAverage(Duration.ZERO, Duration.ofSeconds(1)))
        .withMessage("attack: PT0S (expected: > 0)");
  }
}
