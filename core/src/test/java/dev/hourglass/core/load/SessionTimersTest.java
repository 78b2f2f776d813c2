package dev.hourglass.core.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SessionTimersTest {
  private final LoadHistory history = new LoadHistory();
  private final SessionTimers timers = new SessionTimers();
  private TimerCensus seen = new TimerCensus();

  private void tick() {
    timers.tell(seen);
    timers.observe(history);
    seen = new TimerCensus();
  }

  @Test
  void whoExpiresWithinTheHorizonIsGoneAfterIt() {
    // None ever came back: three of five outlive half a minute, one outlives a minute.
    seen.kept(4);
    seen.kept(29);
    seen.kept(30);
    seen.kept(59);
    seen.kept(61);
    tick();

    assertThat(timers.forecast(Horizon.HALF_MINUTE)).isEqualTo(3);
    assertThat(timers.forecast(Horizon.ONE_MINUTE)).isEqualTo(1);
    assertThat(timers.forecast(Horizon.TWO_MINUTES)).isZero();
  }

  @Test
  void newSessionsAreExpectedAtTheRateSeen() {
    for (int tick = 0; tick < 50; tick++) {
      for (int before = 0; before < Math.min(tick, 200); before++) {
        seen.kept(1000);
        seen.kept(1000);
      }
      seen.opened(1000);
      seen.opened(1000);
      tick();
    }

    // A hundred live; two more come in each five seconds, and none leaves.
    assertThat(timers.forecast(Horizon.HALF_MINUTE)).isCloseTo(100 + 12, within(1e-9));
    assertThat(timers.forecast(Horizon.TWO_MINUTES)).isCloseTo(100 + 48, within(1e-9));
  }

  @Test
  void shortLivesAreGoneBeforeALongHorizon() {
    // One opens in each tick, with 47 s left at it; ten live, and ten will.
    for (int tick = 0; tick < 200; tick++) {
      for (int age = 1; age <= Math.min(tick, 9); age++) {
        seen.kept(47 - 5 * age);
      }
      seen.opened(47);
      tick();
    }

    for (Horizon horizon : Horizon.values()) {
      assertThat(timers.forecast(horizon)).isCloseTo(10, within(1e-9));
    }
  }

  @Test
  void learnsTheShareThatComesBackBeforeItsTimer() {
    // Of four that have less than five seconds left, one is renewed, at each tick.
    for (int tick = 0; tick < 2000; tick++) {
      for (int slot = 0; slot < 24; slot++) {
        for (int session = 0; session < 4; session++) {
          seen.kept(5 * slot + 2);
        }
      }
      seen.renewed(2, 1000);
      tick();
    }

    // Eighteen slots with four each outlive half a minute, as does the renewed one; of the 24
    // before them a quarter is renewed.
    assertThat(timers.forecast(Horizon.HALF_MINUTE)).isCloseTo(18 * 4 + 1 + 6, within(0.7));
  }

  @Test
  void memoryOfTheLiveEndsWithTheTick() {
    seen.kept(1000);
    tick();
    timers.observe(history);

    assertThat(timers.forecast(Horizon.HALF_MINUTE)).isZero();
  }
}
