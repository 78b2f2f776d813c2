package dev.hourglass.app.bench.oversubscription;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The time of the plan, which is moved on from turn to turn. */
final class PlanClock implements InstantSource {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private volatile double seconds;

  double seconds() {
    return seconds;
  }

  /** Goes on to a moment, or stays if that is past. */
  void reach(double moment) {
    seconds = Math.max(seconds, moment);
  }

  long nanos() {
    return (long) (seconds * 1e9);
  }

  @Override
  public Instant instant() {
    return START.plus(Duration.ofNanos(nanos()));
  }
}
