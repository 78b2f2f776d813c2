package dev.hourglass.core.load.live;

import java.time.Duration;

/**
 * What a sensor found.
 *
 * @param age how old it was when it was read; zero for what was measured just then
 */
public record Reading(Series series, double value, Duration age) {
  public Reading {
    if (!Double.isFinite(value) || value < 0) {
      throw new IllegalArgumentException(
          "%s: %s (expected: a finite number >= 0; what is unknown is left out)"
              .formatted(series.signal().wireName(), value));
    }
    if (age.isNegative()) {
      throw new IllegalArgumentException("age: " + age + " (expected: >= 0)");
    }
  }

  public static Reading now(LoadSignal signal, String place, double value) {
    return new Reading(new Series(signal, place), value, Duration.ZERO);
  }
}
