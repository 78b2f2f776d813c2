package dev.hourglass.core.load.limit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CrossingTest {
  private final Crossing crossing = new Crossing();

  @Test
  void isAboveOnceTheBoundIsPassedAndBelowOnlyUnderNineTenths() {
    assertThat(crossing.update(10, 10)).isFalse();
    assertThat(crossing.update(10.1, 10)).isTrue();
    assertThat(crossing.update(9.1, 10)).isTrue();
    assertThat(crossing.update(8.9, 10)).isFalse();
    assertThat(crossing.update(9.9, 10)).isFalse();
  }

  @Test
  void whatIsUnknownChangesNothing() {
    crossing.update(11, 10);
    assertThat(crossing.update(Double.NaN, 10)).isTrue();
  }
}
