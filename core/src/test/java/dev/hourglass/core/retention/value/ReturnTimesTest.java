package dev.hourglass.core.retention.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ReturnTimesTest {
  private static final ReturnClass CLASS = ReturnClass.of(2, 100, 1_000);

  private final ReturnTimes times = new ReturnTimes();

  @Test
  void isWorthMostShortlyBeforeTheReturnAndLittleAfterwards() {
    for (int session = 0; session < 2_000; session++) {
      times.returned(CLASS, 100);
    }
    times.refresh(0, _ -> {});

    assertThat(times.worth(CLASS, 80)).isGreaterThan(2.5 * times.worth(CLASS, 1));
    assertThat(times.worth(CLASS, 1)).isGreaterThan(2 * times.worth(CLASS, 1_000));
  }

  @Test
  void countsThoseWhoDidNotReturn() {
    for (int session = 0; session < 500; session++) {
      times.returned(CLASS, 50);
    }
    times.refresh(0, _ -> {});
    double before = times.worth(CLASS, 1);

    for (int session = 0; session < 1_500; session++) {
      times.censored(CLASS, 3_000);
    }
    times.refresh(0, _ -> {});

    assertThat(times.worth(CLASS, 1)).isLessThan(before / 2);
  }

  @Test
  void countsThoseWhoStillWaitUntilTheNextRefreshOnly() {
    for (int session = 0; session < 500; session++) {
      times.returned(CLASS, 50);
    }
    times.refresh(0, _ -> {});
    double before = times.worth(CLASS, 1);
    times.refresh(
        0,
        waiting -> {
          for (int session = 0; session < 1_500; session++) {
            waiting.waits(CLASS, 1_000);
          }
        });
    double meanwhile = times.worth(CLASS, 1);
    times.refresh(0, _ -> {});

    assertThat(meanwhile).isLessThan(before / 2);
    assertThat(times.worth(CLASS, 1)).isEqualTo(before);
  }

  @Test
  void aClassWithoutSessionsBorrowsFromTheOthers() {
    ReturnClass never = ReturnClass.of(6, 600, 100_000);
    double guess = times.worth(never, 80);
    for (int session = 0; session < 2_000; session++) {
      times.returned(CLASS, 100);
    }
    times.refresh(0, _ -> {});

    assertThat(times.worth(never, 80)).isGreaterThan(2 * guess);
  }

  @Test
  void forgets() {
    for (int session = 0; session < 2_000; session++) {
      times.returned(CLASS, 100);
    }
    times.refresh(0, _ -> {});
    double fresh = times.worth(CLASS, 80);
    times.refresh(40 * 3_600, _ -> {});

    assertThat(times.worth(CLASS, 80)).isLessThan(fresh / 2);
  }

  @Test
  void whoCameBackSoonIsExpectedSooner() {
    ReturnClass machine = ReturnClass.of(3, 5, 1_000);
    ReturnClass person = ReturnClass.of(3, 200, 1_000);
    for (int session = 0; session < 1_000; session++) {
      times.returned(machine, 5);
      times.returned(person, 200);
    }
    times.refresh(0, _ -> {});

    assertThat(times.worth(machine, 1)).isGreaterThan(10 * times.worth(person, 1));
  }

  @Test
  void theFirstTurnHasNoPace() {
    assertThat(ReturnClass.of(1, 1_000, 1)).isEqualTo(ReturnClass.of(1, 0, 1));
  }

  @Test
  void ofTwoInOneBinTheOneUsedLaterDiffers() {
    for (int session = 0; session < 2_000; session++) {
      times.returned(CLASS, 100);
    }
    times.refresh(0, _ -> {});

    assertThat(times.bin(60)).isEqualTo(times.bin(62));
    assertThat(times.worth(CLASS, 62)).isGreaterThan(times.worth(CLASS, 60));
  }

  @Test
  void aFlatPriorExpectsEveryOrderOfMagnitudeAlike() {
    ReturnTimes flat = new ReturnTimes(ReturnTimes.Prior.FLAT);
    double people = times.prospect(CLASS, 0).everReturns();

    assertThat(flat.prospect(CLASS, 0).everReturns()).isCloseTo(people, within(0.02));
    assertThat(flat.worth(CLASS, 0)).isGreaterThan(times.worth(CLASS, 0));
  }
}
