package dev.hourglass.app.replay.retention;

/**
 * SIEVE: one queue, and a hand that passes from the oldest to the newest and evicts the first block
 * that was not used since it passed last.
 */
final class Sieve implements BlockPolicy {
  private static final int NONE = -1;

  private final int capacity;
  private final boolean[] present;
  private final boolean[] visited;
  private final int[] newer;
  private final int[] older;
  private int newest = NONE;
  private int oldest = NONE;
  private int hand = NONE;
  private int size;

  Sieve(int capacity, int blockCount) {
    this.capacity = capacity;
    present = new boolean[blockCount];
    visited = new boolean[blockCount];
    newer = new int[blockCount];
    older = new int[blockCount];
  }

  @Override
  public boolean contains(int block) {
    return present[block];
  }

  @Override
  public void serve(BlockTrace.Prompt prompt) {
    for (int place = prompt.length() - 1; place >= 0; place--) {
      int block = prompt.block(place);
      if (present[block]) {
        visited[block] = true;
      } else {
        insert(block);
      }
    }
    while (size > capacity) {
      evict();
    }
  }

  private void insert(int block) {
    present[block] = true;
    visited[block] = false;
    older[block] = newest;
    newer[block] = NONE;
    if (newest != NONE) {
      newer[newest] = block;
    }
    newest = block;
    if (oldest == NONE) {
      oldest = block;
    }
    size++;
  }

  private void evict() {
    int block = hand == NONE ? oldest : hand;
    while (visited[block]) {
      visited[block] = false;
      block = newer[block] == NONE ? oldest : newer[block];
    }
    hand = newer[block];
    if (older[block] == NONE) {
      oldest = newer[block];
    } else {
      newer[older[block]] = newer[block];
    }
    if (newer[block] == NONE) {
      newest = older[block];
    } else {
      older[newer[block]] = older[block];
    }
    present[block] = false;
    size--;
  }
}
