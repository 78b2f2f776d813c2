package dev.hourglass.app.replay.retention;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;

/**
 * S3-FIFO: a small queue that newcomers must outlive by being used, a main one in which use buys
 * another round, and ghosts of those who left the small one.
 */
final class S3Fifo implements BlockPolicy {
  private static final int MOST_USES = 3;
  private static final double SMALL_SHARE = 0.1;

  private final int capacity;
  private final int smallCapacity;
  private final boolean[] present;
  private final byte[] uses;
  private final Deque<Integer> small = new ArrayDeque<>();
  private final Deque<Integer> main = new ArrayDeque<>();
  private final LinkedHashSet<Integer> ghosts = new LinkedHashSet<>();

  S3Fifo(int capacity, int blockCount) {
    this.capacity = capacity;
    smallCapacity = Math.max(1, (int) (capacity * SMALL_SHARE));
    present = new boolean[blockCount];
    uses = new byte[blockCount];
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
        uses[block] = (byte) Math.min(MOST_USES, uses[block] + 1);
      } else {
        present[block] = true;
        uses[block] = 0;
        (ghosts.remove(block) ? main : small).add(block);
      }
    }
    while (small.size() + main.size() > capacity) {
      if (small.size() > smallCapacity || main.isEmpty()) {
        evictSmall();
      } else {
        evictMain();
      }
    }
  }

  private void evictSmall() {
    int block = small.remove();
    if (uses[block] > 1) {
      uses[block] = 0;
      main.add(block);
      return;
    }
    present[block] = false;
    ghosts.add(block);
    if (ghosts.size() > capacity) {
      ghosts.removeFirst();
    }
  }

  private void evictMain() {
    int block = main.remove();
    if (uses[block] > 0) {
      uses[block]--;
      main.add(block);
    } else {
      present[block] = false;
    }
  }
}
