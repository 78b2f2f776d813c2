package dev.hourglass.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.routing.CircuitBreaker.Outcome;
import dev.hourglass.core.routing.CircuitBreaker.Permit;
import dev.hourglass.core.routing.CircuitBreaker.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final List<Outcome> OUTCOMES =
      List.of(Outcome.SUCCESS, Outcome.FAILURE, Outcome.DROPPED);

  private final CircuitBreaker breaker = new CircuitBreaker(new SplittableRandom(3));
  private long now = Duration.ofHours(1).toNanos();

  @Test
  void staysClosedBelowTwentyCallsAndOpensAtTheTwentieth() {
    calls(19, Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    calls(1, Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.acquire(now)).isEmpty();
  }

  @Test
  void opensAtHalf() {
    calls(21, Outcome.SUCCESS);
    calls(20, Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    calls(1, Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void forgetsWhatIsOlderThanThirtySeconds() {
    calls(15, Outcome.FAILURE);
    pass(Duration.ofSeconds(30));
    calls(15, Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    pass(Duration.ofSeconds(29));
    calls(5, Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void callsThatWereDroppedDoNotCount() {
    calls(1_000, Outcome.DROPPED);
    calls(19, Outcome.FAILURE);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void pausesDoubleFromFiveSecondsToAMinuteWithJitter() {
    calls(20, Outcome.FAILURE);
    List<Double> pauses = new ArrayList<>();
    for (int round = 0; round < 6; round++) {
      pauses.add(breaker.openFor(now).toMillis() / 1e3);
      pass(breaker.openFor(now).plusNanos(1));
      calls(1, Outcome.FAILURE);
      assertThat(breaker.state()).isEqualTo(State.OPEN);
    }
    double[] expected = {5, 10, 20, 40, 60, 60};
    for (int round = 0; round < expected.length; round++) {
      assertThat(pauses.get(round)).isBetween(0.9 * expected[round], 1.1 * expected[round]);
      assertThat(pauses.get(round)).isNotEqualTo(expected[round]);
    }
  }

  @Test
  void threeProbesCloseItAndNoMorePass() {
    calls(20, Outcome.FAILURE);
    pass(breaker.openFor(now));
    List<Permit> probes = new ArrayList<>();
    for (int probe = 0; probe < 3; probe++) {
      probes.add(breaker.acquire(now).orElseThrow());
    }
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    assertThat(breaker.acquire(now)).isEmpty();
    probes.get(0).end(Outcome.SUCCESS, now);
    assertThat(breaker.acquire(now)).isEmpty();
    probes.get(1).progressed();
    probes.get(1).end(Outcome.FAILURE, now);
    probes.get(2).end(Outcome.SUCCESS, now);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    // And it begins again with five seconds.
    calls(20, Outcome.FAILURE);
    assertThat(breaker.openFor(now)).isLessThan(Duration.ofSeconds(6));
  }

  @Test
  void aProbeWhoseClientLeftIsMadeAgain() {
    calls(20, Outcome.FAILURE);
    pass(breaker.openFor(now));
    for (int round = 0; round < 10; round++) {
      breaker.acquire(now).orElseThrow().end(Outcome.DROPPED, now);
    }
    calls(3, Outcome.SUCCESS);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void callsFromBeforeTheChangeDecideNothing() {
    List<Permit> old = new ArrayList<>();
    for (int call = 0; call < 50; call++) {
      old.add(breaker.acquire(now).orElseThrow());
    }
    calls(20, Outcome.FAILURE);
    pass(breaker.openFor(now));
    Permit probe = breaker.acquire(now).orElseThrow();
    old.forEach(permit -> permit.end(Outcome.FAILURE, now));
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    old.forEach(permit -> permit.end(Outcome.SUCCESS, now));
    probe.end(Outcome.SUCCESS, now);
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    calls(2, Outcome.SUCCESS);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  /** Whatever happens: never more than three probes out, and good probes always close it. */
  @Property
  void neverGetsStuck(@ForAll @Size(max = 200) List<@IntRange(min = 0, max = 5) Integer> events) {
    CircuitBreaker any = new CircuitBreaker(new SplittableRandom(1));
    long time = 0;
    List<Permit> out = new ArrayList<>();
    for (int event : events) {
      switch (event) {
        case 0, 1 -> any.acquire(time).ifPresent(out::add);
        case 2 -> time += Duration.ofSeconds(4).toNanos();
        default -> {
          if (!out.isEmpty()) {
            out.remove(out.size() / 2).end(OUTCOMES.get(event - 3), time);
          }
        }
      }
    }
    for (Permit permit : out) {
      permit.end(Outcome.DROPPED, time);
    }
    time += Duration.ofMinutes(2).toNanos();
    for (int probe = 0; probe < 3; probe++) {
      any.acquire(time).orElseThrow().end(Outcome.SUCCESS, time);
    }
    assertThat(any.state()).isEqualTo(State.CLOSED);
  }

  private void calls(int count, Outcome outcome) {
    for (int call = 0; call < count; call++) {
      breaker.acquire(now).orElseThrow().end(outcome, now);
    }
  }

  private void pass(Duration duration) {
    now += duration.toNanos();
  }
}
