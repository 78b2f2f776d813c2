package dev.hourglass.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.core.load.Expert.Family;
import java.util.List;
import org.junit.jupiter.api.Test;

class HedgeMixtureTest {
  private static final double EXACT = 1e-12;

  @Test
  void startsWithAFamilyAsOneVoice() {
    HedgeMixture mixture =
        new HedgeMixture(List.of(Family.PERSISTENCE, Family.AVERAGE, Family.AVERAGE));

    assertThat(mixture.mix(new double[] {0, 10, 20})).isCloseTo(7.5, within(EXACT));
    assertThat(mixture.share(1)).isCloseTo(0.25, within(EXACT));
  }

  @Test
  void weighsByTheRatioOfLosses() {
    HedgeMixture mixture = new HedgeMixture(List.of(Family.PERSISTENCE, Family.AVERAGE));
    // Losses 4 and 5: the second weighs exp(−8·(5/4 − 1)) = e^−2.
    mixture.matured(new double[] {14, 15}, 10);

    double second = Math.exp(-2);
    assertThat(mixture.share(1)).isCloseTo(second / (1 + second), within(EXACT));
    assertThat(mixture.mix(new double[] {0, 1})).isCloseTo(second / (1 + second), within(EXACT));
  }

  @Test
  void followsTheBestExpertAndAnotherOneWhenThatIsBetter() {
    HedgeMixture mixture =
        new HedgeMixture(List.of(Family.PERSISTENCE, Family.AVERAGE, Family.LINE));
    mature(mixture, 200, 5, 10, 10);
    assertThat(mixture.share(0)).isGreaterThan(0.99);

    mature(mixture, 200, 10, 5, 10);
    assertThat(mixture.share(1)).isGreaterThan(0.9);
  }

  @Test
  void isNoExpertsUnit() {
    HedgeMixture small = new HedgeMixture(List.of(Family.PERSISTENCE, Family.AVERAGE));
    HedgeMixture large = new HedgeMixture(List.of(Family.PERSISTENCE, Family.AVERAGE));
    small.matured(new double[] {1, 3}, 0);
    large.matured(new double[] {1000, 3000}, 0);

    assertThat(large.share(1)).isCloseTo(small.share(1), within(EXACT));
  }

  @Test
  void anExpertWithoutLossTakesAll() {
    HedgeMixture mixture = new HedgeMixture(List.of(Family.PERSISTENCE, Family.AVERAGE));
    mixture.matured(new double[] {0, 1}, 0);

    assertThat(mixture.mix(new double[] {3, 100})).isEqualTo(3);
  }

  private static void mature(HedgeMixture mixture, int times, double... errors) {
    for (int time = 0; time < times; time++) {
      mixture.matured(errors, 0);
    }
  }
}
