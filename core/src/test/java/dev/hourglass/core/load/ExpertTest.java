package dev.hourglass.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each expert on series that are short enough to compute by hand; one sample for each point. */
class ExpertTest {
  private static final double EXACT = 1e-9;

  @Test
  void naiveTakesTheLastSampleNotTheLastMean() {
    LoadHistory history = new LoadHistory();
    history.sample(2);
    history.sample(10);
    history.closePoint();
    Expert naive = new Naive();
    naive.observe(history);

    assertThat(history.latestPoint()).isEqualTo(6);
    assertThat(naive.forecast(Horizon.TWO_MINUTES)).isEqualTo(10);
  }

  @Test
  void movingAverageIsTheMeanOfItsWindow() {
    // 60 s are twelve points: 3 … 14.
    double[] values = IntStream.rangeClosed(1, 14).asDoubleStream().toArray();

    assertThat(forecast(new MovingAverage(60), Horizon.HALF_MINUTE, values)).isEqualTo(8.5);
    assertThat(forecast(new MovingAverage(180), Horizon.HALF_MINUTE, values)).isEqualTo(7.5);
  }

  @Test
  void exponentialAverageStartsAsAPlainMean() {
    assertThat(forecast(new ExponentialAverage(0.1), Horizon.ONE_MINUTE, 4, 8, 0))
        .isCloseTo(4, within(EXACT));
  }

  @Test
  void exponentialAverageForgetsByItsFactor() {
    double[] values = DoubleStream.concat(ones(20), DoubleStream.of(11, 11)).toArray();

    // 1 + 0.1·10 = 2, then 2 + 0.1·9.
    assertThat(forecast(new ExponentialAverage(0.1), Horizon.ONE_MINUTE, values))
        .isCloseTo(2.9, within(EXACT));
  }

  @Test
  void trendLineGoesThroughThePointsWithLeastSquares() {
    LoadHistory history = history(1, 3, 2);
    TrendLine line = TrendLine.through(history, 60);

    // x̄ = 1, ȳ = 2, b = ((−1)(−1) + 0 + 1·0) / 2; residuals −½, 1, −½, so s² = 1.5.
    assertThat(line.mean()).isEqualTo(2);
    assertThat(line.slope()).isEqualTo(0.5);
    assertThat(line.slopeError()).isCloseTo(Math.sqrt(1.5 / 2), within(EXACT));
  }

  @Test
  void leastSquaresDrawsAStraightLineOn() {
    // One more at each point; a point is the middle of its five seconds, two before the tick.
    double[] values = IntStream.range(0, 40).asDoubleStream().toArray();

    assertThat(forecast(new LeastSquaresTrend(300), Horizon.HALF_MINUTE, values))
        .isCloseTo(39 + 6.4, within(EXACT));
    assertThat(forecast(new LeastSquaresTrend(600), Horizon.TWO_MINUTES, values))
        .isCloseTo(39 + 24.4, within(EXACT));
  }

  @Test
  void slopeCountsNothingWithinItsError() {
    double[] noise = {5, 6, 5, 4, 5, 6, 5, 4, 5, 6};

    assertThat(forecast(new SignificantSlope(), Horizon.TWO_MINUTES, noise))
        .isCloseTo(5.1, within(EXACT));
  }

  @Test
  void slopeCountsWholeWhereItIsCertain() {
    double[] line = IntStream.range(0, 40).asDoubleStream().toArray();

    assertThat(forecast(new SignificantSlope(), Horizon.HALF_MINUTE, line))
        .isCloseTo(45.4, within(EXACT));
  }

  @Test
  void slopeIsShrunkByItsSignificance() {
    LoadHistory history = history(0, 2, 1, 3, 2, 4, 3, 5);
    TrendLine line = TrendLine.through(history, 60);
    SignificantSlope slope = new SignificantSlope();
    slope.observe(history);

    double t = line.slope() / line.slopeError();
    assertThat(t).isGreaterThan(1);
    assertThat(slope.forecast(Horizon.HALF_MINUTE))
        .isCloseTo(2.5 + line.slope() * (1 - 1 / (t * t)) * (3.5 + 6.4), within(EXACT));
  }

  @Test
  void holtSmoothsLevelAndTrend() {
    // ℓ: 10 → 10 + 0.2·10 = 12; b: 0.1·2 = 0.2; damping 0.9 + … + 0.9^6.
    double damping = 0.9 + 0.81 + 0.729 + 0.6561 + 0.59049 + 0.531441;

    assertThat(forecast(new DampedHolt(), Horizon.HALF_MINUTE, 10, 20))
        .isCloseTo(12 + 0.2 * damping, within(EXACT));
  }

  @Test
  void autoregressionFindsTheCoefficientsOfItsOwnKind() {
    // y(t) = 10 + 0.8·(y(t−1) − 10): eight tenths of the way from ten remain after each step.
    double[] values = new double[60];
    values[0] = 110;
    for (int index = 1; index < values.length; index++) {
      values[index] = 10 + 0.8 * (values[index - 1] - 10);
    }
    LoadHistory history = history(Arrays.copyOf(values, 20));
    Expert expert = new Autoregression(3);
    expert.observe(history);

    assertThat(expert.forecast(Horizon.HALF_MINUTE)).isCloseTo(values[25], within(0.01));
    assertThat(expert.forecast(Horizon.ONE_MINUTE)).isCloseTo(values[31], within(0.01));
  }

  @Test
  void autoregressionFollowsAPeriod() {
    double[] values =
        IntStream.range(0, 144)
            .mapToDouble(step -> 50 + 20 * Math.sin(step * Math.PI / 6))
            .toArray();

    LoadHistory history = history(Arrays.copyOf(values, 120));
    for (int order : new int[] {3, 12}) {
      Expert expert = new Autoregression(order);
      expert.observe(history);
      assertThat(expert.forecast(Horizon.HALF_MINUTE)).isCloseTo(values[125], within(0.1));
      assertThat(expert.forecast(Horizon.TWO_MINUTES)).isCloseTo(values[143], within(0.5));
    }
  }

  @Test
  void autoregressionCannotRunAway() {
    double[] explosive = IntStream.range(0, 40).mapToDouble(step -> Math.pow(1.3, step)).toArray();
    double highest = explosive[39];

    assertThat(forecast(new Autoregression(3), Horizon.TWO_MINUTES, explosive))
        .isBetween(highest, 2 * highest);
  }

  static Stream<Expert> experts() {
    return Stream.of(
        new Naive(),
        new MovingAverage(60),
        new ExponentialAverage(0.1),
        new LeastSquaresTrend(300),
        new Autoregression(3),
        new Autoregression(12),
        new DampedHolt(),
        new SignificantSlope());
  }

  @ParameterizedTest
  @MethodSource("experts")
  void aConstantStaysFromItsFirstPointOn(Expert expert) {
    LoadHistory history = new LoadHistory();
    for (int point = 0; point < 300; point++) {
      history.sample(7);
      history.closePoint();
      expert.observe(history);
      for (Horizon horizon : Horizon.values()) {
        assertThat(expert.forecast(horizon)).isCloseTo(7, within(EXACT));
      }
    }
  }

  private static DoubleStream ones(int count) {
    return DoubleStream.generate(() -> 1).limit(count);
  }

  private static LoadHistory history(double... values) {
    LoadHistory history = new LoadHistory();
    for (double value : values) {
      history.sample(value);
      history.closePoint();
    }
    return history;
  }

  private static double forecast(Expert expert, Horizon horizon, double... values) {
    LoadHistory history = new LoadHistory();
    for (double value : values) {
      history.sample(value);
      history.closePoint();
      expert.observe(history);
    }
    return expert.forecast(horizon);
  }
}
