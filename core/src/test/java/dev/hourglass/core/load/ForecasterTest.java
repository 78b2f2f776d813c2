package dev.hourglass.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ForecasterTest {
  private final Forecaster forecaster = Forecaster.ofValues();

  @Test
  void knowsNothingBeforeTheFirstSample() {
    forecaster.tick();

    assertThat(forecaster.forecast(Horizon.HALF_MINUTE)).isEmpty();
    assertThat(forecaster.skill(Horizon.HALF_MINUTE)).isEmpty();
    assertThat(forecaster.chanceAbove(1, Horizon.HALF_MINUTE)).isEmpty();
  }

  @Test
  void namesItsExpertsAsInTheReport() {
    assertThat(forecaster.methods())
        .containsExactly(
            "naive", "ma60", "ma180", "ma600", "ewma0.1", "ols300", "ols600", "ar3", "ar12", "holt",
            "slope");
    assertThat(Forecaster.ofSessions(new SessionTimers()).methods()).endsWith("slope", "timer");
  }

  @Test
  void aConstantIsForeseenExactly() {
    run(1800, _ -> 40);

    for (Horizon horizon : Horizon.values()) {
      assertThat(forecaster.forecast(horizon).orElseThrow()).isEqualTo(new Forecast(40, 40, 40));
      assertThat(forecaster.skill(horizon).orElseThrow().wape()).isZero();
    }
  }

  @Test
  void aLineIsForeseen() {
    run(1800, second -> 100 + 0.1 * second);

    double last = 100 + 0.1 * 1799;
    assertThat(forecaster.forecast(Horizon.TWO_MINUTES).orElseThrow().mean())
        .isCloseTo(last + 12, within(0.5));
    assertThat(forecaster.skill(Horizon.TWO_MINUTES).orElseThrow().againstNaive())
        .isGreaterThan(0.9);
  }

  @Test
  void aPeriodIsForeseen() {
    IntToDoubleFunction wave = second -> 50 + 30 * Math.sin(second * Math.PI / 90);
    run(3600, wave);

    for (Horizon horizon : Horizon.values()) {
      assertThat(forecaster.forecast(horizon).orElseThrow().mean())
          .isCloseTo(wave.applyAsDouble(3599 + horizon.seconds()), within(3.0));
    }
  }

  @Test
  void noForecastIsNegative() {
    run(900, second -> Math.max(0, 90 - 0.1 * second));

    assertThat(forecaster.forecast(Horizon.TWO_MINUTES).orElseThrow())
        .satisfies(forecast -> assertThat(forecast.mean()).isNotNegative())
        .satisfies(forecast -> assertThat(forecast.p50()).isNotNegative());
    for (int method = 0; method < forecaster.methods().size(); method++) {
      assertThat(forecaster.forecast(method, Horizon.TWO_MINUTES)).isNotNegative();
    }
  }

  @Test
  void ninetyIsNeverBelowFifty() {
    SplittableRandom random = new SplittableRandom(3);
    for (int second = 0; second < 3000; second++) {
      forecaster.sample(random.nextInt(50));
      if (second % 5 == 4) {
        forecaster.tick();
        for (Horizon horizon : Horizon.values()) {
          Forecast forecast = forecaster.forecast(horizon).orElseThrow();
          assertThat(forecast.p90()).isGreaterThanOrEqualTo(forecast.p50());
        }
      }
    }
  }

  @Test
  void saysHowLikelyAPeakPassesCapacity() {
    SplittableRandom random = new SplittableRandom(5);
    run(3000, _ -> random.nextInt(2) * 20 + 10);

    assertThat(forecaster.chanceAbove(9, Horizon.HALF_MINUTE).orElseThrow()).isGreaterThan(0.99);
    assertThat(forecaster.chanceAbove(24, Horizon.HALF_MINUTE).orElseThrow()).isGreaterThan(0.9);
    assertThat(forecaster.chanceAbove(50, Horizon.HALF_MINUTE).orElseThrow()).isLessThan(0.01);
  }

  @Test
  void unknownSecondsTeachNothing() {
    run(1200, _ -> 40);
    double before = forecaster.skill(Horizon.HALF_MINUTE).orElseThrow().meanError();
    for (int tick = 0; tick < 100; tick++) {
      forecaster.tick();
    }

    // Not zero, not a surprise: nobody knows, so what was known last stands.
    assertThat(forecaster.forecast(Horizon.HALF_MINUTE).orElseThrow().mean()).isEqualTo(40);
    assertThat(forecaster.skill(Horizon.HALF_MINUTE).orElseThrow().meanError()).isEqualTo(before);
  }

  @Test
  void skillIsToldAgainstNaiveAndTheFloor() {
    SplittableRandom random = new SplittableRandom(11);
    run(7200, _ -> random.nextGaussian(100, 10));

    ForecastSkill skill = forecaster.skill(Horizon.ONE_MINUTE).orElseThrow();
    // A mean errs by σ·√(2/π), the last value by √2 times that; 100 ± 10 scatters like a count.
    assertThat(skill.againstNaive()).isCloseTo(1 - Math.sqrt(0.5), within(0.08));
    assertThat(skill.againstFloor(100)).isCloseTo(1, within(0.15));
  }

  @Property(tries = 25)
  void theFutureChangesNoForecast(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int tick) {
    List<Forecast> one = forecasts(seed, seed + 1, tick);
    List<Forecast> other = forecasts(seed, seed + 2, tick);

    assertThat(one.subList(0, 3 * tick)).isEqualTo(other.subList(0, 3 * tick));
    assertThat(one).isNotEqualTo(other);
  }

  /** Forecasts of a walk that is drawn from one seed until {@code tick}, from another after it. */
  private static List<Forecast> forecasts(long past, long future, int tick) {
    Forecaster forecaster = Forecaster.ofValues();
    List<Forecast> forecasts = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(past);
    double value = 100;
    for (int now = 0; now < tick + 10; now++) {
      if (now == tick) {
        random = new SplittableRandom(future);
      }
      for (int second = 0; second < 5; second++) {
        value = Math.max(0, value + random.nextGaussian());
        forecaster.sample(value);
      }
      forecaster.tick();
      for (Horizon horizon : Horizon.values()) {
        forecasts.add(forecaster.forecast(horizon).orElseThrow());
      }
    }
    return forecasts;
  }

  @Test
  void historyHoldsTenMinutesAndNoMore() {
    LoadHistory history = new LoadHistory();
    for (int point = 0; point < 1000; point++) {
      history.sample(point);
      history.closePoint();
    }

    assertThat(history.size()).isEqualTo(120);
    assertThat(history.point(0)).isEqualTo(880);
    assertThat(history.latestPoint()).isEqualTo(999);
  }

  private void run(int seconds, IntToDoubleFunction signal) {
    for (int second = 0; second < seconds; second++) {
      forecaster.sample(signal.applyAsDouble(second));
      if (second % 5 == 4) {
        forecaster.tick();
      }
    }
  }
}
