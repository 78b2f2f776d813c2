package dev.hourglass.app.replay.retention;

import java.util.Arrays;

/**
 * The key of OPT: the sooner a block is used again, the longer it stays, and a beginning before its
 * end. What is not used again leaves at once.
 */
final class Foresight implements KeyedPolicy.Key {
  private static final double PLACES = 1 << 20;

  private final int[][] nextUses;
  private int[] now = new int[0];
  private int served;

  Foresight(BlockTrace trace) {
    int never = trace.prompts().size();
    int[] next = new int[trace.blockCount()];
    Arrays.fill(next, never);
    nextUses = new int[never][];
    for (int index = never - 1; index >= 0; index--) {
      BlockTrace.Prompt prompt = trace.prompts().get(index);
      nextUses[index] = new int[prompt.length()];
      for (int place = 0; place < prompt.length(); place++) {
        nextUses[index][place] = next[prompt.block(place)];
        next[prompt.block(place)] = index;
      }
    }
  }

  @Override
  public void begins(BlockTrace.Prompt prompt) {
    now = nextUses[served++];
  }

  @Override
  public double touched(int block, int place, boolean present) {
    return -(now[place] + place / PLACES);
  }
}
