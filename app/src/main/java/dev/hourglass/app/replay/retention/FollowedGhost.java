package dev.hourglass.app.replay.retention;

import dev.hourglass.core.retention.value.GhostDuel;
import java.util.Iterator;
import java.util.LinkedHashSet;

/**
 * A cache that holds what the better of two others would hold. Both run beside it as ghosts, which
 * know blocks and hold none; the cache lets go, oldest use first, of what the one that leads their
 * {@link GhostDuel} does not have. So it is never much worse than either.
 */
final class FollowedGhost implements BlockPolicy {
  private final int capacity;
  private final BlockPolicy usual;
  private final BlockPolicy other;
  private final boolean[] present;
  private final LinkedHashSet<Integer> byUse = new LinkedHashSet<>();

  private final GhostDuel duel = new GhostDuel();

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
    duel.accessed(
        prompt.length(),
        capacity,
        RetentionReplay.cached(usual, prompt),
        RetentionReplay.cached(other, prompt));
    usual.serve(prompt);
    other.serve(prompt);
    for (int place = prompt.length() - 1; place >= 0; place--) {
      int block = prompt.block(place);
      present[block] = true;
      byUse.remove(block);
      byUse.add(block);
    }
    letGo(duel.challengerLeads() ? other : usual);
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
