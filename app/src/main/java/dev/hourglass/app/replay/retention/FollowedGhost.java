package dev.hourglass.app.replay.retention;

import java.util.Iterator;
import java.util.LinkedHashSet;

/**
 * A cache that holds what the better of two others would hold. Both run beside it as ghosts, which
 * know blocks and hold none; their hits are counted, older ones less, and the cache lets go, oldest
 * use first, of what the one that leads does not have. So it is never much worse than either.
 */
final class FollowedGhost implements BlockPolicy {
  /** Hits count half after as many accesses as there are blocks, so many times. */
  private static final double HALF_LIFE_CAPACITIES = 4;

  private final int capacity;
  private final BlockPolicy usual;
  private final BlockPolicy other;
  private final boolean[] present;
  private final LinkedHashSet<Integer> byUse = new LinkedHashSet<>();

  /** Hits of the other one beyond those of the usual one. */
  private double lead;

  private boolean otherLeads;

  FollowedGhost(int capacity, int blockCount, BlockPolicy usual, BlockPolicy other) {
    this.capacity = capacity;
    this.usual = usual;
    this.other = other;
    this.present = new boolean[blockCount];
  }

  @Override
  public boolean contains(int block) {
    return present[block];
  }

  @Override
  public void serve(BlockTrace.Prompt prompt) {
    lead *= Math.pow(0.5, prompt.length() / (HALF_LIFE_CAPACITIES * capacity));
    lead += RetentionReplay.cached(other, prompt) - RetentionReplay.cached(usual, prompt);
    if (lead != 0) {
      otherLeads = lead > 0;
    }
    usual.serve(prompt);
    other.serve(prompt);
    for (int place = prompt.length() - 1; place >= 0; place--) {
      int block = prompt.block(place);
      present[block] = true;
      byUse.remove(block);
      byUse.add(block);
    }
    letGo(otherLeads ? other : usual);
  }

  /** The one that leads has room for no more either, so that there are always enough to go. */
  private void letGo(BlockPolicy leader) {
    Iterator<Integer> oldestFirst = byUse.iterator();
    while (byUse.size() > capacity) {
      int block = oldestFirst.next();
      if (!leader.contains(block)) {
        oldestFirst.remove();
        present[block] = false;
      }
    }
  }
}
