package dev.hourglass.core.load.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GradientLimitTest {
  @Test
  void growsToTheMostWhileTheEngineIsAsFastAsEver() {
    GradientLimit limit = new GradientLimit(4, 10);
    for (int second = 0; second < 200; second++) {
      limit.update(20, limit.limit(), 32);
    }
    assertThat(limit.limit()).isEqualTo(32);
    assertThat(limit.gradient()).isEqualTo(1);
  }

  @Test
  void shrinksWhenATokenTakesLonger() {
    GradientLimit limit = new GradientLimit(16, 10);
    for (int second = 0; second < 60; second++) {
      limit.update(20, 16, 16);
    }
    for (int second = 0; second < 30; second++) {
      limit.update(200, 16, 16);
    }
    // g is at its least, ½, and limit = g·limit + 1 rests at 1/(1 − g).
    assertThat(limit.gradient()).isEqualTo(0.5);
    assertThat(limit.limit()).isCloseTo(2, within(0.7));
  }

  @Test
  void whatIsComfortableIsNeverTooLong() {
    GradientLimit limit = new GradientLimit(4, 100);
    for (int second = 0; second < 100; second++) {
      limit.update(10, limit.limit(), 16);
    }
    // Six times as long as ever, and still ten tokens a second and more.
    for (int second = 0; second < 30; second++) {
      limit.update(60, 16, 16);
    }
    assertThat(limit.gradient()).isEqualTo(1);
    assertThat(limit.limit()).isEqualTo(16);
  }

  @Test
  void oneStepIsTheFormula() {
    GradientLimit limit = new GradientLimit(9, 10);
    limit.update(10, 9, 100);
    assertThat(limit.limit()).isCloseTo(0.8 * 9 + 0.2 * (9 + 1), within(1e-12));
  }

  @Test
  void anIdleEngineSaysNothingOfItsLimit() {
    GradientLimit limit = new GradientLimit(10, 10);
    for (int second = 0; second < 100; second++) {
      limit.update(20, 4, 32);
    }
    assertThat(limit.limit()).isEqualTo(10);
  }

  @Test
  void memoryThatShrinksCapsItAtOnce() {
    GradientLimit limit = new GradientLimit(10, 10);
    limit.update(20, 0, 6);
    assertThat(limit.limit()).isEqualTo(6);
  }

  @Test
  void recoversFromAnOverloadThatWasThereFirst() {
    GradientLimit limit = new GradientLimit(8, 10);
    for (int second = 0; second < 20; second++) {
      limit.update(400, 8, 8);
    }
    for (int second = 0; second < 60; second++) {
      limit.update(20, 8, 8);
    }
    assertThat(limit.longMillis()).isLessThan(41);
  }

  @Test
  void beginsAtOneAtLeast() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GradientLimit(0, 10))
        .withMessage("limit: 0.0 (expected: >= 1)");
  }
}
