package dev.hourglass.app.bench.table;

import dev.hourglass.core.session.SessionId;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** Something that keeps sessions and lets them expire. */
interface Subject {
  /** Adds a session whose time to live begins anew with each touch. */
  void add(SessionId id, Duration timeToLive);

  /** Finds a session and uses it. */
  boolean touch(SessionId id);

  /** Lets go whatever has expired. */
  void expire();

  int size();

  /** What is compared. */
  enum Kind {
    CAFFEINE("Caffeine, variable expiry"),
    TABLE("session table");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }

    /** An empty one, for at most so many sessions. */
    Subject of(RandomGenerator random, SteppedClock clock, int most) {
      return switch (this) {
        case CAFFEINE -> new CaffeineSubject(clock, most);
        case TABLE -> new TableSubject(random, clock, most);
      };
    }
  }
}
