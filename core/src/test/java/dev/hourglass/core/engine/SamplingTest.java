package dev.hourglass.core.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SamplingTest {
  private static Sampling sampling(double temperature, double topP, List<String> stop) {
    return new Sampling(
        temperature, topP, 0, 0, 0, 0, 1, null, stop, Map.of(), null, new OutputFormat.Free());
  }

  @Test
  void saysWhichValueItCannotTakeAndWhatItExpects() {
    assertThatThrownBy(() -> sampling(2.5, 1, List.of()))
        .hasMessage("temperature: 2.5 (expected: from 0 to 2)");
    assertThatThrownBy(() -> sampling(1, 0, List.of()))
        .hasMessage("top_p: 0 (expected: above 0 and at most 1)");
    assertThatThrownBy(() -> sampling(Double.NaN, 1, List.of()))
        .hasMessageStartingWith("temperature: NaN");
    assertThatThrownBy(() -> sampling(1, 1, List.of("")))
        .hasMessage("stop: empty text (expected: at least one character)");
  }
}
