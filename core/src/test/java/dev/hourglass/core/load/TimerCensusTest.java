package dev.hourglass.core.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimerCensusTest {
  private final TimerCensus census = new TimerCensus();

  @Test
  void eachSessionIsInTheSlotOfWhatItHasLeft() {
    census.kept(0);
    census.kept(4.9);
    census.kept(5);
    census.kept(6);
    census.kept(9.9);
    census.renewed(7, 119);
    census.opened(1_000_000);

    assertThat(census.live(0)).isEqualTo(2);
    assertThat(census.live(1)).isEqualTo(3);
    assertThat(census.renewals(1)).isEqualTo(1);
    assertThat(census.live(23)).isEqualTo(1);
    assertThat(census.fresh(23)).isEqualTo(1);
    assertThat(census.live(TimerCensus.SLOTS)).isEqualTo(1);
    assertThat(census.opened()).isEqualTo(1);
  }

  @Test
  void aLaterOneHasTheSameSessionsAndNothingNew() {
    census.kept(12);
    census.renewed(2, 12);
    census.opened(12);

    TimerCensus later = census.unchanged();

    assertThat(later.live(2)).isEqualTo(3);
    assertThat(later.renewals(0)).isZero();
    assertThat(later.fresh(2)).isZero();
    assertThat(later.opened()).isZero();
  }
}
