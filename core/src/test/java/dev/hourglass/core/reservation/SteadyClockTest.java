package dev.hourglass.core.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
  private static final Instant START = Instant.parse("2026-03-29T00:59:00Z");
  private static final Duration YEAR = Duration.ofDays(365);

  private Instant wall = START;
  private long nanos;
  private final SteadyClock clock = new SteadyClock(() -> wall, () -> nanos);

  @Test
  void followsTheWallAndItsSmallCorrections() {
    pass(Duration.ofMinutes(10));
    wall = wall.minusSeconds(4);

    assertThat(clock.instant()).isEqualTo(START.plusSeconds(596));
    pass(Duration.ofSeconds(1));
    assertThat(clock.instant()).isEqualTo(START.plusSeconds(597));
  }

  @Test
  void aJumpThatIsTakenBackIsNeverSeen() {
    wall = wall.plus(YEAR);
    for (int second = 1; second < 59; second++) {
      pass(Duration.ofSeconds(1));
      assertThat(clock.instant()).isEqualTo(START.plusSeconds(second));
    }
    wall = wall.minus(YEAR);

    assertThat(clock.instant()).isEqualTo(START.plusSeconds(58));
  }

  @Test
  void aJumpThatLastsIsBelieved() {
    for (Duration jump : new Duration[] {YEAR, YEAR.negated()}) {
      Instant before = clock.instant();
      wall = wall.plus(jump);
      assertThat(clock.instant()).isEqualTo(before);
      pass(Duration.ofSeconds(59));
      assertThat(clock.instant()).isEqualTo(before.plusSeconds(59));
      pass(Duration.ofSeconds(1));
      assertThat(clock.instant()).isEqualTo(before.plus(jump).plusSeconds(60));
    }
  }

  @Test
  void anotherJumpBeginsAnotherWait() {
    wall = wall.plus(YEAR);
    clock.instant();
    pass(Duration.ofSeconds(59));
    wall = wall.minus(YEAR.multipliedBy(2));
    clock.instant();
    pass(Duration.ofSeconds(59));

    assertThat(clock.instant()).isEqualTo(START.plusSeconds(118));
  }

  private void pass(Duration time) {
    wall = wall.plus(time);
    nanos += time.toNanos();
  }
}
