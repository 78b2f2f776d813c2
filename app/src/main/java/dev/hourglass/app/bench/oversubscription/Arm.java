package dev.hourglass.app.bench.oversubscription;

import dev.hourglass.core.retention.policy.RetentionPolicy;

/** One of the ways that are compared. */
enum Arm {
  LRU_ALONE("lru, no ladder", false),
  LRU_LADDER("lru, ladder", true),
  VALUE_LADDER("value, ladder", true);

  private final String label;
  private final boolean ladder;

  Arm(String label, boolean ladder) {
    this.label = label;
    this.ladder = ladder;
  }

  String label() {
    return label;
  }

  RetentionPolicy policy() {
    return switch (this) {
      case LRU_ALONE, LRU_LADDER -> new RetentionPolicy.LeastRecent();
      case VALUE_LADDER -> new RetentionPolicy.ByValue();
    };
  }

  boolean ladder() {
    return ladder;
  }
}
