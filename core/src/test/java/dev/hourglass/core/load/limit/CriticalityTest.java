package dev.hourglass.core.load.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CriticalityTest {
  @Test
  void withinTheCapacityEveryClassHasItsBase() {
    for (Criticality criticality : Criticality.values()) {
      assertThat(criticality.share(10, 10)).isEqualTo(criticality.base());
      assertThat(criticality.share(0, 10)).isEqualTo(criticality.base());
    }
  }

  @Test
  void anOverloadTakesKappaTimesItsSize() {
    assertThat(Criticality.SHEDDABLE.share(15, 10)).isCloseTo(0.9 - 0.5, within(1e-12));
    assertThat(Criticality.STANDARD.share(20, 10)).isCloseTo(0.97, within(1e-12));
    assertThat(Criticality.CRITICAL.share(100, 10)).isEqualTo(1);
  }

  @Test
  void moreThanAWholeCapacityCountsAsOne() {
    assertThat(Criticality.STANDARD.share(1_000, 10)).isCloseTo(0.97, within(1e-12));
    assertThat(Criticality.SHEDDABLE.share(1_000, 10)).isZero();
  }
}
