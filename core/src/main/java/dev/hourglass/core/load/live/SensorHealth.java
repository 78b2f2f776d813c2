package dev.hourglass.core.load.live;

import org.jspecify.annotations.Nullable;

/**
 * How a sensor fares.
 *
 * @param failures readings that threw or took too long, since the start
 * @param problem what went wrong last, by its kind; {@code null} while nothing did
 */
public record SensorHealth(String sensor, State state, long failures, @Nullable String problem) {
  /** What came of the latest reading. */
  public enum State {
    /** Read, or about to be read for the first time. */
    FINE("fine"),
    /** It threw, or read something that cannot be. */
    FAILING("failing"),
    /** It does not come back; it is not asked again before it does. */
    HANGING("hanging");

    private final String wireName;

    State(String wireName) {
      this.wireName = wireName;
    }

    public String wireName() {
      return wireName;
    }
  }
}
