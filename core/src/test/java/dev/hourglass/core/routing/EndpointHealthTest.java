package dev.hourglass.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.core.routing.EndpointHealth.State;
import dev.hourglass.core.routing.PaceOutliers.Pace;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EndpointHealthTest {
  private final EndpointHealth health = new EndpointHealth();
  private long now = 1;

  @Test
  void threeMissesInARowIsolateAndTwoGoodProbesBringBack() {
    health.missed(() -> true);
    health.missed(() -> true);
    health.good(now);
    health.missed(() -> true);
    health.missed(() -> true);
    assertThat(health.state()).isEqualTo(State.HEALTHY);
    health.missed(() -> true);
    assertThat(health.state()).isEqualTo(State.ISOLATED);
    health.answered();
    health.good(now);
    health.missed(() -> true);
    health.good(now);
    assertThat(health.state()).isEqualTo(State.ISOLATED);
    health.good(now);
    assertThat(health.state()).isEqualTo(State.RAMPING);
  }

  @Test
  void itsShareGrowsOverThirtySeconds() {
    health.ramp(now);
    assertThat(health.share(now)).isEqualTo(0.1);
    pass(Duration.ofSeconds(15));
    assertThat(health.share(now)).isCloseTo(0.5, within(1e-9));
    pass(Duration.ofSeconds(14));
    assertThat(health.state()).isEqualTo(State.RAMPING);
    pass(Duration.ofSeconds(1));
    assertThat(health.state()).isEqualTo(State.HEALTHY);
    assertThat(health.share(now)).isEqualTo(1);
  }

  @Test
  void stepsIntoIsolationOnceThePoolAllowsIt() {
    for (int probe = 0; probe < 10; probe++) {
      health.missed(() -> false);
    }
    assertThat(health.state()).isEqualTo(State.HEALTHY);
    health.missed(() -> true);
    assertThat(health.state()).isEqualTo(State.ISOLATED);
  }

  @Test
  void aSlowOneRestsEachTimeLongerUntilItKeepsPace() {
    health.outlying(now, () -> true);
    assertThat(health.share(now)).isZero();
    pass(Duration.ofSeconds(29));
    assertThat(health.state()).isEqualTo(State.SET_ASIDE);
    pass(Duration.ofSeconds(1));
    assertThat(health.state()).isEqualTo(State.RAMPING);
    health.outlying(now, () -> true);
    pass(Duration.ofSeconds(59));
    assertThat(health.state()).isEqualTo(State.SET_ASIDE);
    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(30));
    health.keptPace();
    health.outlying(now, () -> true);
    pass(Duration.ofSeconds(30));
    assertThat(health.state()).isEqualTo(State.RAMPING);
  }

  @Test
  void aSlowOneThatMissesItsProbesWaitsForGoodOnes() {
    health.outlying(now, () -> true);
    for (int probe = 0; probe < 3; probe++) {
      health.missed(() -> false);
    }
    pass(Duration.ofMinutes(10));
    assertThat(health.state()).isEqualTo(State.ISOLATED);
  }

  @Test
  void outliersAreFarFromTheMedianOfTheOthersTwice() {
    PaceOutliers outliers = new PaceOutliers();
    Map<EndpointId, Pace> paces = paces(20, 20, 22, 61);
    assertThat(outliers.compare(paces).outliers()).isEmpty();
    PaceOutliers.Verdict verdict = outliers.compare(paces);
    assertThat(verdict.outliers()).containsExactly(id(3));
    assertThat(verdict.keptPace()).containsExactlyInAnyOrder(id(0), id(1), id(2));
    assertThat(outliers.compare(paces(20, 20, 22, 60)).outliers()).isEmpty();
    assertThat(outliers.compare(paces).outliers()).isEmpty();
  }

  @Test
  void outliersNeedTokensAndTwoToCompareWith() {
    PaceOutliers outliers = new PaceOutliers();
    for (int comparison = 0; comparison < 3; comparison++) {
      assertThat(outliers.compare(paces(20, 900)).outliers()).isEmpty();
    }
    Map<EndpointId, Pace> few = paces(20, 20, 20);
    few.put(id(3), new Pace(63, 63));
    for (int comparison = 0; comparison < 3; comparison++) {
      assertThat(outliers.compare(few))
          .isEqualTo(new PaceOutliers.Verdict(Set.of(), Set.of(id(0), id(1), id(2))));
    }
  }

  @Test
  void aTenthOfTheGenerationsMayBeRetried() {
    RetryBudget budget = new RetryBudget();
    assertThat(spent(budget)).isEqualTo(10);
    for (int generation = 0; generation < 199; generation++) {
      budget.earn();
    }
    assertThat(spent(budget)).isEqualTo(19);
    for (int generation = 0; generation < 100_000; generation++) {
      budget.earn();
    }
    assertThat(budget.left()).isEqualTo(100);
    assertThat(spent(budget)).isEqualTo(100);
  }

  private static int spent(RetryBudget budget) {
    int count = 0;
    while (budget.spend()) {
      count++;
    }
    return count;
  }

  private static Map<EndpointId, Pace> paces(int... millis) {
    Map<EndpointId, Pace> paces = new LinkedHashMap<>();
    for (int index = 0; index < millis.length; index++) {
      paces.put(id(index), new Pace(1_000, millis[index]));
    }
    return paces;
  }

  private static EndpointId id(int number) {
    return new EndpointId("e" + number);
  }

  private void pass(Duration duration) {
    now += duration.toNanos();
    health.tick(now);
  }
}
