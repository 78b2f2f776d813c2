package dev.hourglass.app.replay.routing;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * An endpoint's KV memory in blocks, least recently used out first. The end of a prompt counts as
 * older than its beginning, so that what stays of it is always a prefix.
 */
final class BlockCache {
  private final int mostBlocks;
  private final LinkedHashSet<Long> blocks = new LinkedHashSet<>();

  BlockCache(int mostBlocks) {
    this.mostBlocks = mostBlocks;
  }

  /** Blocks of the longest cached prefix. */
  int cachedBlocks(List<Long> prompt) {
    int count = 0;
    while (count < prompt.size() && blocks.contains(prompt.get(count))) {
      count++;
    }
    return count;
  }

  void add(List<Long> prompt) {
    for (Long block : prompt.reversed()) {
      blocks.addLast(block);
    }
    Iterator<Long> oldest = blocks.iterator();
    while (blocks.size() > mostBlocks) {
      oldest.next();
      oldest.remove();
    }
  }
}
