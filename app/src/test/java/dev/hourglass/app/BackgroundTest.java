package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class BackgroundTest {
  @Test
  void aLookThatFailsByAnErrorIsNotTheLastOne() {
    assertThatCode(() ->
            Background.run(() -> {
              throw new StackOverflowError("told to");
            }))
        .doesNotThrowAnyException();
    assertThatCode(() ->
            Background.run(() -> {
              throw new IllegalStateException("told to");
            }))
        .doesNotThrowAnyException();
  }
}
