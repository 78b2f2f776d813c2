package dev.hourglass.app.replay.retention;

import java.util.List;

/**
 * Requests in the order of their file, with blocks numbered from 0 in the order of their first
 * appearance.
 *
 * @param blockTokens tokens of a whole block
 * @param blockCount how many different blocks there are
 */
record BlockTrace(List<Prompt> prompts, int blockTokens, int blockCount) {
  BlockTrace {
    prompts = List.copyOf(prompts);
  }

  /** One request. */
  static final class Prompt {
    private final double seconds;
    private final long tokens;
    private final int[] blocks;

    /**
     * @param blocks not to be changed; each stands for all before it, too
     */
    Prompt(double seconds, long tokens, int[] blocks) {
      this.seconds = seconds;
      this.tokens = tokens;
      this.blocks = blocks;
    }

    /** When it came, since the first. */
    double seconds() {
      return seconds;
    }

    long tokens() {
      return tokens;
    }

    int length() {
      return blocks.length;
    }

    int block(int place) {
      return blocks[place];
    }

    /** Blocks that are full, and so the same however the conversation goes on. */
    int fullBlocks(int blockTokens) {
      return (int) Math.min(blocks.length, tokens / blockTokens);
    }
  }
}
