package dev.hourglass.app.replay.retention;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.retention.value.ReturnTimes;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A policy by its name, and how it begins. */
enum PolicyName {
  /** First in, first out. */
  FIFO("fifo") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new KeyedPolicy(
          capacity, trace.blockCount(), (_, _, present) -> present ? Double.NEGATIVE_INFINITY : 0);
    }
  },
  /** Least recently used. */
  LRU("lru") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new KeyedPolicy(capacity, trace.blockCount(), (_, _, _) -> 0);
    }
  },
  /** Least frequently used, counting from the beginning of the trace. */
  LFU("lfu") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      int[] uses = new int[trace.blockCount()];
      return new KeyedPolicy(capacity, trace.blockCount(), (block, _, _) -> ++uses[block]);
    }
  },
  /**
   * LFU with dynamic ageing (Arlitt et al., <cite>Evaluating Content Management Techniques for Web
   * Proxy Caches</cite>, 2000): a use is worth one more than the last that was evicted.
   */
  LFUDA("lfuda") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new KeyedPolicy(capacity, trace.blockCount(), new DynamicAgeing(trace.blockCount()));
    }
  },
  /** SIEVE (Zhang et al., NSDI 2024). */
  SIEVE("sieve") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new Sieve(capacity, trace.blockCount());
    }
  },
  /** S3-FIFO (Yang et al., SOSP 2023). */
  S3_FIFO("s3-fifo") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new S3Fifo(capacity, trace.blockCount());
    }
  },
  /**
   * By the chance of reuse within a while, fitted to each count of turns, in the style of Wang et
   * al., <cite>KVCache Cache in the Wild</cite>, 2025.
   */
  KVCACHE_WILD("kvcache-wild") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new PrefixTree(trace, capacity, new ReuseByTurn());
    }
  },
  /** By the chance that a conversation goes on, decaying; LPC's, with no text to learn from. */
  LPC("lpc") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new PrefixTree(trace, capacity, new DecayingChance());
    }
  },
  /** By the activity of a conversation, as the server scores it. */
  ACTIVITY("activity") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new PrefixTree(trace, capacity, new ActivityValuation());
    }
  },
  /** By what it is worth to keep, or like LRU where that has more hits: ours. */
  VALUE("value") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return byValue(trace, capacity, ReturnTimes.Prior.PEOPLE);
    }
  },
  /** The same, but that it knows nothing of people before it has seen some. */
  VALUE_FLAT("value-flat") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return byValue(trace, capacity, ReturnTimes.Prior.FLAT);
    }
  },
  /** Belady's, which knows the future: the bound of what is possible. */
  OPT("opt") {
    @Override
    BlockPolicy open(BlockTrace trace, int capacity) {
      return new KeyedPolicy(capacity, trace.blockCount(), new Foresight(trace));
    }
  };

  private final String wireName;

  PolicyName(String wireName) {
    this.wireName = wireName;
  }

  String wireName() {
    return wireName;
  }

  abstract BlockPolicy open(BlockTrace trace, int capacity);

  private static BlockPolicy byValue(BlockTrace trace, int capacity, ReturnTimes.Prior prior) {
    return new FollowedGhost(
        capacity,
        trace.blockCount(),
        new PrefixTree(trace, capacity, new ReturnValuation(prior)),
        LRU.open(trace, capacity));
  }

  static PolicyName of(String name) throws ExpectedFailure {
    return Arrays.stream(values())
        .filter(each -> each.wireName.equals(name))
        .findFirst()
        .orElseThrow(() ->
            new ExpectedFailure(
                "--policy: %s (expected: one of %s)"
                    .formatted(
                        name,
                        Arrays.stream(values())
                            .map(PolicyName::wireName)
                            .collect(Collectors.joining(", ")))));
  }
}
