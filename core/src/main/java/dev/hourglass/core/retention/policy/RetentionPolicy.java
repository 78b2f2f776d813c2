package dev.hourglass.core.retention.policy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A way of deciding whose state goes, by its name in the configuration. */
public sealed interface RetentionPolicy {
  /** Every name, the default last. */
  List<String> NAMES = List.of("fixed-ttl", "tiered-ttl", "lru", "activity", "value");

  /** Nothing is kept of a session that has been idle for so long. */
  record FixedTtl(Duration idle) implements RetentionPolicy {
    public FixedTtl {
      requirePositive("idle", idle);
    }

    @Override
    public String name() {
      return "fixed-ttl";
    }
  }

  /**
   * A state leaves the engine after one idle time, and the tiers below it after another.
   *
   * @param cold counted from the last use like {@code hot}, and not shorter
   */
  record TieredTtl(Duration hot, Duration cold) implements RetentionPolicy {
    public TieredTtl {
      requirePositive("hot", hot);
      if (cold.compareTo(hot) < 0) {
        throw new IllegalArgumentException("cold: " + cold + " (expected: >= hot, " + hot + ")");
      }
    }

    @Override
    public String name() {
      return "tiered-ttl";
    }
  }

  /** Whoever was used last is kept longest. */
  record LeastRecent() implements RetentionPolicy {
    @Override
    public String name() {
      return "lru";
    }
  }

  /** The livelier conversation is kept. */
  record Lively() implements RetentionPolicy {
    @Override
    public String name() {
      return "activity";
    }
  }

  /** What saves most for each second of memory is kept. */
  record ByValue() implements RetentionPolicy {
    @Override
    public String name() {
      return "value";
    }
  }

  /** The name in the configuration. */
  String name();

  /**
   * The policy of a name; empty for an unknown one.
   *
   * @param hot idle time of the policies with a TTL
   * @param cold idle time after which the second of them drops snapshots, too
   */
  static Optional<RetentionPolicy> ofName(String name, Duration hot, Duration cold) {
    return Optional.ofNullable(
        switch (name) {
          case "fixed-ttl" -> new FixedTtl(hot);
          case "tiered-ttl" -> new TieredTtl(hot, cold);
          case "lru" -> new LeastRecent();
          case "activity" -> new Lively();
          case "value" -> new ByValue();
          default -> null;
        });
  }

  private static void requirePositive(String name, Duration idle) {
    if (!idle.isPositive()) {
      throw new IllegalArgumentException(name + ": " + idle + " (expected: > 0)");
    }
  }
}
