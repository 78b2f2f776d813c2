package dev.hourglass.core.retention.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WaitingSessionsTest {
  private static final int SLOT_SECONDS = 4;

  private record One(ReturnClass of, double atSeconds) {}

  /** Beside an estimate that looks at each session. */
  @Test
  void countsLikeALookAtEach() {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      ReturnTimes counted = new ReturnTimes();
      WaitingSessions waiting = new WaitingSessions(counted);
      ReturnTimes looked = new ReturnTimes();
      List<One> each = new ArrayList<>();
      double now = 0;
      for (int event = 0; event < 2_000; event++) {
        now += SLOT_SECONDS * random.nextInt(8);
        for (One old : List.copyOf(each)) {
          if (now - old.atSeconds >= ReturnTimes.FORGET_SECONDS) {
            looked.censored(old.of, ReturnTimes.FORGET_SECONDS);
            each.remove(old);
          }
        }
        if (!each.isEmpty() && random.nextInt(3) == 0) {
          One back = each.remove(random.nextInt(each.size()));
          if (waiting.ends(back.of, back.atSeconds, now)) {
            counted.returned(back.of, now - back.atSeconds);
            looked.returned(back.of, now - back.atSeconds);
          }
        } else {
          One next =
              new One(
                  ReturnClass.of(
                      1 + random.nextInt(6), random.nextInt(600), random.nextInt(40_000)),
                  now);
          waiting.begins(next.of, now);
          each.add(next);
        }
      }
      waiting.refresh(now);
      double at = now;
      looked.refresh(
          now, visitor -> each.forEach(one -> visitor.waits(one.of, at - one.atSeconds)));

      for (int turns = 1; turns <= 6; turns++) {
        for (double age : new double[] {0, 3, 60, 700}) {
          ReturnClass of = ReturnClass.of(turns, 0, 1_000);
          assertThat(counted.worth(of, age)).isCloseTo(looked.worth(of, age), offset(1e-12));
        }
      }
    }
  }

  @Test
  void whoeverWaitedForTooLongIsGivenUpOnce() {
    WaitingSessions waiting = new WaitingSessions(new ReturnTimes());
    ReturnClass of = ReturnClass.of(1, 0, 0);
    waiting.begins(of, 8);
    assertThat(waiting.ends(of, 8, 9)).isTrue();
    waiting.begins(of, 9);
    assertThat(waiting.ends(of, 9, 9 + 2 * ReturnTimes.FORGET_SECONDS)).isFalse();
    waiting.begins(of, 10);
    assertThat(waiting.ends(of, 10, 1e7)).as("long ago, for this clock").isFalse();
  }
}
