package dev.hourglass.core.load.live;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Something that can be asked what it measures. One sensor is never asked twice at once. */
public interface Sensor {
  /** How it is called in reports. */
  String name();

  /** What it may ever read; a reading of anything else is a fault. */
  Set<Series> series();

  /** Seconds from one reading to the next. */
  default int everySeconds() {
    return 1;
  }

  /** How long one reading may take. */
  default Duration deadline() {
    return Duration.ofSeconds(2);
  }

  /**
   * Reads. What it cannot tell it leaves out: a value that is missing is unknown, never zero.
   *
   * <p>May wait; it is interrupted when it takes too long, and then nothing is believed of what it
   * says.
   */
  List<Reading> read() throws Exception;
}
