package dev.hourglass.core.load.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CapacityTest {
  private static final OptionalDouble UNKNOWN = OptionalDouble.empty();

  @Test
  void isWhatMemoryHoldsAndHowFastItIs() {
    Capacity capacity = new Capacity(of(16_384), of(16), 2_048, 40, of(100), of(20), of(500));

    assertThat(capacity.byKv()).hasValue(8);
    assertThat(capacity.requests()).hasValue(8);
    assertThat(capacity.serviceSeconds()).hasValue(2.5);
    assertThat(capacity.requestsPerSecond()).hasValue(3.2);
    assertThat(capacity.explanation())
        .isEqualTo(
            "The KV memory of 16384 tokens holds 8.0 requests of 2048 tokens (the mean of the last"
                + " 40), and the engine computes 16 at once; a request takes 500 ms to its first"
                + " text and 100 tokens of 20.0 ms each, so that 3.20 a second can be served.");
  }

  @Test
  void sequencesMayBeFewerThanMemoryHolds() {
    Capacity capacity = new Capacity(of(16_384), of(4), 64, 3, UNKNOWN, UNKNOWN, UNKNOWN);

    assertThat(capacity.requests()).hasValue(4);
    assertThat(capacity.requestsPerSecond()).isEmpty();
  }

  @Test
  void oneRequestFitsAlways() {
    assertThat(new Capacity(of(100), UNKNOWN, 400, 0, UNKNOWN, UNKNOWN, UNKNOWN).requests())
        .hasValue(1);
  }

  @Test
  void whatIsUnknownStaysUnknown() {
    Capacity capacity = new Capacity(UNKNOWN, UNKNOWN, 4_096, 0, UNKNOWN, UNKNOWN, UNKNOWN);

    assertThat(capacity.requests()).isEmpty();
    assertThat(capacity.explanation()).startsWith("The engine tells neither");
  }

  @Test
  void aRequestHasTokens() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Capacity(UNKNOWN, UNKNOWN, 0, 0, UNKNOWN, UNKNOWN, UNKNOWN))
        .withMessage("tokens of a request: 0.0 (expected: > 0)");
  }

  private static OptionalDouble of(double value) {
    return OptionalDouble.of(value);
  }
}
