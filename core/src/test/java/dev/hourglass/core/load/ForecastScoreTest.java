package dev.hourglass.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ForecastScoreTest {
  private static final double EXACT = 1e-9;

  @Test
  void isComputedAsPublished() {
    ForecastScore score = new ForecastScore();
    score.add(8, 12, 10);
    score.add(25, 18, 20);

    assertThat(score.mape()).isCloseTo(22.5, within(EXACT));
    assertThat(score.wape()).isCloseTo(100 * 7 / 30.0, within(EXACT));
    assertThat(score.p90Coverage()).isEqualTo(50);
    // 0.1·2 for the one below its bound, 0.9·2 for the one above.
    assertThat(score.pinball()).isCloseTo(1, within(EXACT));
  }

  @Test
  void zeroTargetsHaveNoRelativeError() {
    ForecastScore score = new ForecastScore();
    score.add(1, 2, 0);
    assertThat(score.mape()).isNaN();
    assertThat(score.wape()).isInfinite();

    score.add(1, 2, 2);
    assertThat(score.mape()).isEqualTo(50);
    assertThat(score.wape()).isEqualTo(100);
  }

  @Test
  void floorIsThatOfThePublishedTable() {
    assertThat(PoissonFloor.wape(24.4, 24.4)).isCloseTo(16.1, within(0.1));
    assertThat(PoissonFloor.wape(0, 0)).isNaN();
  }
}
