package dev.hourglass.core.reservation;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How many sessions each bucket holds. Immutable: a change costs O(log buckets) new nodes, however
 * long its window is, and shares the rest.
 *
 * <p>It is a segment tree with range addition whose additions stay where they were made. Each node
 * holds the least load of its range, and the highest, both relative to the node above. Since one of
 * a node's two halves always has the relative minimum 0, the form is canonical: two occupancies
 * with the same loads have the same tree, whatever way led there, and what was taken back leaves
 * nothing behind. A range without a node is empty.
 */
final class Occupancy {
  static final Occupancy EMPTY = new Occupancy(null);

  private final @Nullable Node root;

  private Occupancy(@Nullable Node root) {
    this.root = root;
  }

  /** The load of one range of buckets, relative to what the nodes above it carry. */
  private record Node(int least, int peak, @Nullable Node left, @Nullable Node right) {}

  /**
   * Buckets in a row with the same load.
   *
   * @param load above 0
   */
  record Run(long first, long afterLast, int load) {}

  /** Adds sessions to every bucket of a window; a negative number takes them away. */
  Occupancy plus(BucketSpan window, int sessions) {
    return new Occupancy(plus(root, 0, BucketSpan.BUCKETS, window, sessions));
  }

  private static @Nullable Node plus(
      @Nullable Node node, long first, long size, BucketSpan window, int sessions) {
    if (window.afterLast() <= first || first + size <= window.first()) {
      return node;
    }
    if (window.first() <= first && first + size <= window.afterLast()) {
      return raised(node, sessions);
    }
    long half = size / 2;
    Node left = plus(node == null ? null : node.left, first, half, window, sessions);
    Node right = plus(node == null ? null : node.right, first + half, half, window, sessions);
    int common = Math.min(least(left), least(right));
    return node(
        (node == null ? 0 : node.least) + common, raised(left, -common), raised(right, -common));
  }

  private static @Nullable Node raised(@Nullable Node node, int by) {
    if (by == 0) {
      return node;
    }
    return node == null
        ? new Node(by, by, null, null)
        : node(node.least + by, node.left, node.right);
  }

  private static @Nullable Node node(int least, @Nullable Node left, @Nullable Node right) {
    return least == 0 && left == null && right == null
        ? null
        : new Node(least, least + Math.max(peak(left), peak(right)), left, right);
  }

  private static int least(@Nullable Node node) {
    return node == null ? 0 : node.least;
  }

  private static int peak(@Nullable Node node) {
    return node == null ? 0 : node.peak;
  }

  /** The highest load of any bucket. */
  int peak() {
    return peak(root);
  }

  /** The highest load of a bucket in the window. */
  int peak(BucketSpan window) {
    return peak(root, 0, BucketSpan.BUCKETS, window);
  }

  private static int peak(@Nullable Node node, long first, long size, BucketSpan window) {
    if (node == null || window.afterLast() <= first || first + size <= window.first()) {
      return 0;
    }
    if (window.first() <= first && first + size <= window.afterLast()) {
      return node.peak;
    }
    long half = size / 2;
    return node.least
        + Math.max(
            peak(node.left, first, half, window), peak(node.right, first + half, half, window));
  }

  /**
   * The first bucket, from one on, after which a number of buckets have at most a given load.
   *
   * <p>Each look finds the last bucket in the way, and the next begins behind it: O(log buckets)
   * for every run that is in the way.
   *
   * @param lastStart the last bucket that may be the answer
   */
  OptionalLong earliestFit(long from, long buckets, int most, long lastStart) {
    long latest = Math.min(lastStart, BucketSpan.BUCKETS - buckets);
    long start = from;
    while (start <= latest) {
      long inTheWay =
          lastAbove(root, 0, BucketSpan.BUCKETS, new BucketSpan(start, start + buckets), most);
      if (inTheWay < 0) {
        return OptionalLong.of(start);
      }
      start = inTheWay + 1;
    }
    return OptionalLong.empty();
  }

  /** The last bucket of the window with a load above {@code most}; -1 where there is none. */
  private static long lastAbove(
      @Nullable Node node, long first, long size, BucketSpan window, int most) {
    if (peak(node) <= most || window.afterLast() <= first || first + size <= window.first()) {
      return -1;
    }
    if (least(node) > most || node == null) {
      return Math.min(window.afterLast(), first + size) - 1;
    }
    long half = size / 2;
    int left = most - node.least;
    long found = lastAbove(node.right, first + half, half, window, left);
    return found >= 0 ? found : lastAbove(node.left, first, half, window, left);
  }

  /** The runs of a window whose load is above a number, in order; neighbours differ. */
  List<Run> above(BucketSpan window, int most) {
    List<Run> runs = new ArrayList<>();
    collect(root, 0, BucketSpan.BUCKETS, window, 0, most, runs);
    return runs;
  }

  private static void collect(
      @Nullable Node node,
      long first,
      long size,
      BucketSpan window,
      int carried,
      int most,
      List<Run> runs) {
    if (carried + peak(node) <= most
        || window.afterLast() <= first
        || first + size <= window.first()) {
      return;
    }
    if (node == null || (node.left == null && node.right == null)) {
      append(
          runs,
          new Run(
              Math.max(first, window.first()),
              Math.min(first + size, window.afterLast()),
              carried + least(node)));
      return;
    }
    long half = size / 2;
    collect(node.left, first, half, window, carried + node.least, most, runs);
    collect(node.right, first + half, half, window, carried + node.least, most, runs);
  }

  private static void append(List<Run> runs, Run next) {
    Run last = runs.isEmpty() ? null : runs.getLast();
    if (last != null && last.afterLast == next.first && last.load == next.load) {
      runs.set(runs.size() - 1, new Run(last.first, next.afterLast, last.load));
    } else {
      runs.add(next);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Occupancy that
        && (root == null ? that.root == null : root.equals(that.root));
  }

  @Override
  public int hashCode() {
    return root == null ? 0 : root.hashCode();
  }

  @Override
  public String toString() {
    return above(new BucketSpan(0, BucketSpan.BUCKETS), 0).toString();
  }
}
