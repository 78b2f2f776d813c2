package dev.hourglass.core.retention.value;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReturnTimesTest {
  private static final ReturnClass CLASS = ReturnClass.of(2, 1_000);

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
    ReturnClass never = ReturnClass.of(6, 100_000);
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
}
