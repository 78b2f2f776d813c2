package dev.hourglass.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class ConformalQuantileTest {
  private final SplittableRandom random = new SplittableRandom(42);

  @Test
  void startsAsAPoissonCount() {
    assertThat(ConformalQuantile.ninetieth().around(100)).isCloseTo(112.816, within(1e-9));
    assertThat(ConformalQuantile.median().around(100)).isEqualTo(100);
  }

  @Test
  void coversNineInTenOfSteadyNoise() {
    assertThat(coverage(ConformalQuantile.ninetieth(), 100, _ -> random.nextGaussian(100, 20)))
        .isBetween(0.88, 0.92);
  }

  @Test
  void coversNineInTenThoughTheForecastIsBiased() {
    assertThat(coverage(ConformalQuantile.ninetieth(), 70, _ -> random.nextGaussian(100, 20)))
        .isBetween(0.88, 0.92);
  }

  @Test
  void coversNineInTenThoughTheNoiseGrows() {
    assertThat(
            coverage(
                ConformalQuantile.ninetieth(),
                100,
                step -> random.nextGaussian(100, step < 1000 ? 5 : 40)))
        .isBetween(0.88, 0.92);
  }

  @Test
  void coversHalfWithTheMedian() {
    assertThat(coverage(ConformalQuantile.median(), 90, _ -> random.nextGaussian(100, 20)))
        .isBetween(0.48, 0.52);
  }

  @Test
  void isNoWiderThanTheNoise() {
    ConformalQuantile quantile = ConformalQuantile.ninetieth();
    coverage(quantile, 100, _ -> random.nextGaussian(100, 20));

    assertThat(quantile.around(100)).isCloseTo(100 + 1.2816 * 20, within(10.0));
  }

  @Test
  void aSignalWithoutNoiseHasABandWithoutWidth() {
    ConformalQuantile quantile = ConformalQuantile.ninetieth();
    coverage(quantile, 100, _ -> 100);

    assertThat(quantile.around(100)).isEqualTo(100);
  }

  @Test
  void isNeverNegative() {
    ConformalQuantile quantile = ConformalQuantile.ninetieth();
    coverage(quantile, 10, _ -> 0);

    assertThat(quantile.around(0)).isZero();
  }

  private static double coverage(
      ConformalQuantile quantile, double mean, IntToDoubleFunction actuals) {
    int steps = 2000;
    int covered = 0;
    for (int step = 0; step < steps; step++) {
      double bound = quantile.around(mean);
      double actual = actuals.applyAsDouble(step);
      covered += actual <= bound ? 1 : 0;
      quantile.matured(mean, bound, actual);
    }
    return (double) covered / steps;
  }
}
