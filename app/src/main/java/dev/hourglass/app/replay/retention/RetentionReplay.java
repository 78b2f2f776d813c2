package dev.hourglass.app.replay.retention;

import java.util.function.DoubleConsumer;

/** Serves the prompts of a trace, one after the other, from a cache with a policy. */
final class RetentionReplay {
  private static final double EARLY_SECONDS = 600;
  private static final int PROMPTS_BETWEEN_LOOKS = 200;

  private final BlockTrace trace;
  private final PolicyName policy;
  private final int capacity;

  RetentionReplay(BlockTrace trace, PolicyName policy, int capacity) {
    this.trace = trace;
    this.policy = policy;
    this.capacity = capacity;
  }

  /** Counts what was there before each prompt ran: the longest prefix that is cached. */
  RetentionResult run(DoubleConsumer progress) {
    BlockPolicy cache = policy.open(trace, capacity);
    Count all = new Count();
    Count early = new Count();
    int served = 0;
    for (BlockTrace.Prompt prompt : trace.prompts()) {
      int cached = cached(cache, prompt);
      all.add(prompt, cached);
      if (prompt.seconds() < EARLY_SECONDS) {
        early.add(prompt, cached);
      }
      cache.serve(prompt);
      if (++served % PROMPTS_BETWEEN_LOOKS == 0) {
        progress.accept((double) served / trace.prompts().size());
      }
    }
    return new RetentionResult(
        policy, capacity, all.blockRatio(), all.tokenRatio(), early.blockRatio());
  }

  /** The longest prefix of a prompt that a cache holds, in blocks. */
  static int cached(BlockPolicy cache, BlockTrace.Prompt prompt) {
    int cached = 0;
    while (cached < prompt.length() && cache.contains(prompt.block(cached))) {
      cached++;
    }
    return cached;
  }

  /** Hits and accesses, in blocks and in tokens. */
  private final class Count {
    private long hits;
    private long blocks;
    private long hitTokens;
    private long tokens;

    void add(BlockTrace.Prompt prompt, int cached) {
      hits += cached;
      blocks += prompt.length();
      hitTokens += Math.min((long) cached * trace.blockTokens(), prompt.tokens());
      tokens += prompt.tokens();
    }

    double blockRatio() {
      return blocks == 0 ? 0 : (double) hits / blocks;
    }

    double tokenRatio() {
      return tokens == 0 ? 0 : (double) hitTokens / tokens;
    }
  }
}
