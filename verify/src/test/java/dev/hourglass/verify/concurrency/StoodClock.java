package dev.hourglass.verify.concurrency;

import java.time.Instant;
import java.time.InstantSource;

/** Time that stands still, so that every run of an interleaving is the same. */
record StoodClock() implements InstantSource {
  static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Override
  public Instant instant() {
    return NOW;
  }
}
