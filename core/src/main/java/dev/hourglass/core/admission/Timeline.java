package dev.hourglass.core.admission;

import java.time.Duration;

/** Time as it passes, real or virtual. It only goes forward, whatever happens to clocks. */
public interface Timeline {
  /** Nanoseconds since some moment. */
  long nanos();

  /** Runs something later, on any thread. */
  void after(Duration delay, Runnable action);
}
