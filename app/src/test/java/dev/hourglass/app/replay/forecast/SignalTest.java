package dev.hourglass.app.replay.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.load.Horizon;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignalTest {
  /** 100 generated tokens and no context: two seconds. */
  private static final int TWO_SECONDS = 100;

  @Test
  void countsWhatIsInFlight() {
    Signal signal = signal("in-flight", request(0, 1), request(1.5, 1), request(20, 2));

    // [0, 2), [1.5, 3.5) and the last.
    assertThat(values(signal, 5)).containsExactly(1, 1, 1, 1, 0);
    assertThat(signal.at(20)).isEqualTo(1);
    assertThat(signal.lastSecond()).isEqualTo(20);
  }

  @Test
  void countsArrivalsOfTheLastFiveSeconds() {
    Signal signal = signal("rate5", request(0, 1), request(0.5, 2), request(3, 3), request(30, 4));

    assertThat(values(signal, 9)).containsExactly(1, 2, 2, 3, 3, 2, 1, 1, 0);
  }

  @Test
  void aSessionLivesUntilItWasIdleForLongEnough() {
    // Ends at 2 and 52; 52 + 60 = 112, so the third comes too late and opens another.
    Signal signal =
        signal("sess-60", request(0, 1), request(50, 1), request(113, 1), request(300, 2));

    assertThat(signal.at(0)).isEqualTo(1);
    assertThat(signal.at(111)).isEqualTo(1);
    assertThat(signal.at(112)).isZero();
    assertThat(signal.at(113)).isEqualTo(1);
    assertThat(signal.at(174)).isEqualTo(1);
    assertThat(signal.at(175)).isZero();
  }

  @Test
  void aTraceWithoutConversationsHasNoSessions() {
    Trace trace = new Trace(List.of(new Trace.Request(0, 0, 1, List.of())), false);

    assertThat(Signal.of(trace)).extracting(Signal::name).containsExactly("in-flight", "rate5");
  }

  @Test
  void floorsAreThoseOfACountThatIsOnlyPartlyKnown() {
    // One request a second for two seconds: two in flight, none of them still there 30 s later.
    List<Trace.Request> requests = new ArrayList<>();
    for (int second = 0; second <= 1200; second++) {
      requests.add(request(second, second));
    }
    List<Signal> signals = Signal.of(new Trace(requests, true));

    assertThat(signals.get(0).floor(Horizon.HALF_MINUTE))
        .isCloseTo(79.79 / Math.sqrt(2), within(0.01));
    // Sessions of 62 s: of 62, 30 are new after half a minute, all of them after two.
    assertThat(signals.get(2).floor(Horizon.HALF_MINUTE))
        .isCloseTo(79.79 * Math.sqrt(30) / 62, within(0.01));
    assertThat(signals.get(2).floor(Horizon.TWO_MINUTES))
        .isCloseTo(79.79 / Math.sqrt(62), within(0.01));
  }

  private static Trace.Request request(double second, long conversation) {
    return new Trace.Request(second, 0, TWO_SECONDS, List.of(0L, conversation));
  }

  private static Signal signal(String name, Trace.Request... requests) {
    return Signal.of(new Trace(List.of(requests), true)).stream()
        .filter(signal -> signal.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  private static List<Integer> values(Signal signal, int seconds) {
    List<Integer> values = new ArrayList<>();
    for (int second = 0; second < seconds; second++) {
      values.add((int) signal.at(second));
    }
    return values;
  }
}
