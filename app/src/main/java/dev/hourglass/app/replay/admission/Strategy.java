package dev.hourglass.app.replay.admission;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How server and clients go about overload. */
enum Strategy {
  /** Refused clients come again after a second, each time. */
  FIXED_1("fixed-1s") {
    @Override
    Duration pause(int attempt, RandomGenerator random) {
      return Duration.ofSeconds(1);
    }
  },

  /** Refused clients wait for 0 to 1 s, then 0 to 2, 4, … 60: exponential with full jitter. */
  EXPONENTIAL("exponential") {
    @Override
    Duration pause(int attempt, RandomGenerator random) {
      double most = Math.min(LONGEST_PAUSE_SECONDS, Math.scalb(1.0, attempt - 1));
      return Duration.ofNanos((long) (random.nextDouble() * most * 1e9));
    }
  },

  /** Refused clients come again after half a minute. */
  FIXED_30("fixed-30s") {
    @Override
    Duration pause(int attempt, RandomGenerator random) {
      return Duration.ofSeconds(30);
    }
  },

  /** The server lets everybody wait, in order, until they leave. */
  FIFO("fifo") {
    @Override
    Duration pause(int attempt, RandomGenerator random) {
      throw new IllegalStateException("a server that lets everybody wait refuses nobody");
    }
  },

  /** The server says when to come, and keeps the place. */
  TICKET("ticket") {
    @Override
    Duration pause(int attempt, RandomGenerator random) {
      throw new IllegalStateException("the server says when to come");
    }
  };

  private static final double LONGEST_PAUSE_SECONDS = 60;

  private final String label;

  Strategy(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /** How long a client waits after an attempt, 1 for the first, that was refused. */
  abstract Duration pause(int attempt, RandomGenerator random);
}
