package dev.hourglass.app.replay.retention;

import java.util.TreeSet;

/**
 * Evicts the block with the least key; equal ones by who was touched longer ago.
 *
 * <p>FIFO, LRU, LFU, LFUDA and OPT differ in the key alone.
 */
final class KeyedPolicy implements BlockPolicy {
  private final int capacity;
  private final Key key;
  private final double[] keys;
  private final long[] touched;
  private final boolean[] present;
  private final TreeSet<Integer> order = new TreeSet<>((one, other) -> compare(one, other));
  private long clock;

  /** What a block is kept by. */
  interface Key {
    /** The key of a block that is touched now; negative infinity leaves it where it is. */
    double touched(int block, int place, boolean present);

    /** Told who was evicted, and by which key. */
    default void evicted(int block, double key) {}

    /** A request begins. */
    default void begins(BlockTrace.Prompt prompt) {}
  }

  KeyedPolicy(int capacity, int blockCount, Key key) {
    this.capacity = capacity;
    this.key = key;
    this.keys = new double[blockCount];
    this.touched = new long[blockCount];
    this.present = new boolean[blockCount];
  }

  private int compare(int one, int other) {
    int byKey = Double.compare(keys[one], keys[other]);
    return byKey != 0 ? byKey : Long.compare(touched[one], touched[other]);
  }

  @Override
  public boolean contains(int block) {
    return present[block];
  }

  @Override
  public void serve(BlockTrace.Prompt prompt) {
    key.begins(prompt);
    for (int place = prompt.length() - 1; place >= 0; place--) {
      int block = prompt.block(place);
      double next = key.touched(block, place, present[block]);
      if (next == Double.NEGATIVE_INFINITY) {
        continue;
      }
      if (present[block]) {
        order.remove(block);
      }
      keys[block] = next;
      touched[block] = clock++;
      present[block] = true;
      order.add(block);
    }
    while (order.size() > capacity) {
      int least = order.removeFirst();
      present[least] = false;
      key.evicted(least, keys[least]);
    }
  }
}
