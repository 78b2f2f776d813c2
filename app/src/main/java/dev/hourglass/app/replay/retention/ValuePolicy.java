package dev.hourglass.app.replay.retention;

import dev.hourglass.core.retention.value.ReturnClass;
import dev.hourglass.core.retention.value.ReturnTimes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what is worth keeping: sessions are the tips of a tree of shared blocks, and a block is
 * worth the sum of what is expected of all that hang on it. Only leaves leave, so that what stays
 * of a prompt is always a prefix.
 *
 * <p>Sessions whose blocks are gone are remembered as ghosts: from them is learned when sessions
 * return, and the part of their prefix that is still here profits from them.
 */
final class ValuePolicy implements BlockPolicy {
  private static final double REFRESH_SECONDS = 20;
  private static final double FORGET_SECONDS = 3_600;
  private static final double BRANCH_PATIENCE_SECONDS = 60;

  /**
   * What a conversation that branched off says of further ones, beside a session that waits: those
   * who share a beginning mostly come close together, and then no more.
   */
  private static final double BRANCH_SHARE = 0.1;

  private static final int LEAST_SHARED_BLOCKS = 2;

  private final int capacity;
  private final int blockTokens;
  private final Node[] nodes;
  private final Node root = new Node(null);
  private final ReturnTimes times = new ReturnTimes();
  private final List<Session> sessions = new ArrayList<>();
  private final List<Node> leaves = new ArrayList<>();
  private int size;
  private double now;
  private double refreshed;

  /** A block in the tree of prefixes. */
  private static final class Node {
    private final @Nullable Node parent;
    private boolean present;
    private int presentChildren;
    private double firstSeconds;
    private int branches;
    private @Nullable Session tip;
    private final List<Session> here = new ArrayList<>(1);
    private double worth;
    private int leafIndex = -1;

    Node(@Nullable Node parent) {
      this.parent = parent;
    }
  }

  /** A conversation, as far as the trace shows it. */
  private static final class Session {
    private Node tip;
    private Node at;
    private int turns;
    private ReturnClass of;
    private double usedSeconds;

    Session(Node tip, int turns, ReturnClass of, double usedSeconds) {
      this.tip = tip;
      this.at = tip;
      this.turns = turns;
      this.of = of;
      this.usedSeconds = usedSeconds;
    }
  }

  ValuePolicy(BlockTrace trace, int capacity) {
    this.capacity = capacity;
    this.blockTokens = trace.blockTokens();
    this.nodes = new Node[trace.blockCount()];
    root.present = true;
    root.presentChildren = 1;
  }

  @Override
  public boolean contains(int block) {
    return nodes[block] != null && nodes[block].present;
  }

  @Override
  public void serve(BlockTrace.Prompt prompt) {
    now = Math.max(now, prompt.seconds());
    if (now - refreshed >= REFRESH_SECONDS) {
      refresh();
    }
    Node[] path = path(prompt);
    int full = prompt.fullBlocks(blockTokens);
    Session session = continued(path, full);
    Node tip = full == 0 ? root : path[full - 1];
    if (session == null) {
      session = new Session(tip, 1, ReturnClass.of(1, prompt.tokens()), now);
      sessions.add(session);
      for (Node node : path) {
        node.branches++;
      }
    } else {
      times.returned(session.of, now - session.usedSeconds);
      session.at.here.remove(session);
      session.tip.tip = null;
      session.turns++;
      session.of = ReturnClass.of(session.turns, prompt.tokens());
      session.usedSeconds = now;
      session.tip = tip;
      session.at = tip;
    }
    if (!tip.equals(root)) {
      tip.tip = session;
    }
    insert(path);
    session.at.here.add(session);
    if (size > capacity) {
      evict();
    }
  }

  private Node[] path(BlockTrace.Prompt prompt) {
    Node[] path = new Node[prompt.length()];
    Node parent = root;
    for (int place = 0; place < path.length; place++) {
      Node node = nodes[prompt.block(place)];
      if (node == null) {
        node = new Node(parent);
        node.firstSeconds = now;
        nodes[prompt.block(place)] = node;
      }
      path[place] = node;
      parent = node;
    }
    return path;
  }

  /** The session that the prompt goes on with: the longest one whose full blocks begin it. */
  private static @Nullable Session continued(Node[] path, int full) {
    for (int place = full - 1; place >= LEAST_SHARED_BLOCKS - 1; place--) {
      if (path[place].tip != null) {
        return path[place].tip;
      }
    }
    return null;
  }

  private void insert(Node[] path) {
    for (Node node : path) {
      if (!node.present) {
        node.present = true;
        size++;
        Node parent = node.parent == null ? root : node.parent;
        if (parent.presentChildren++ == 0) {
          removeLeaf(parent);
        }
        if (node.presentChildren == 0) {
          addLeaf(node);
        }
      }
    }
  }

  private void addLeaf(Node node) {
    node.leafIndex = leaves.size();
    leaves.add(node);
  }

  private void removeLeaf(Node node) {
    if (node.leafIndex >= 0) {
      Node last = leaves.removeLast();
      if (!last.equals(node)) {
        leaves.set(node.leafIndex, last);
        last.leafIndex = node.leafIndex;
      }
      node.leafIndex = -1;
    }
  }

  private void evict() {
    for (Node leaf : leaves) {
      leaf.worth = worth(leaf);
    }
    PriorityQueue<Node> least =
        new PriorityQueue<>(Math.max(1, leaves.size()), Comparator.comparingDouble(it -> it.worth));
    least.addAll(leaves);
    while (size > capacity) {
      Node leaf = least.remove();
      leaf.present = false;
      size--;
      removeLeaf(leaf);
      Node parent = leaf.parent == null ? root : leaf.parent;
      for (Session session : leaf.here) {
        session.at = parent;
        parent.here.add(session);
      }
      leaf.here.clear();
      if (--parent.presentChildren == 0 && !parent.equals(root)) {
        parent.worth = worth(parent);
        addLeaf(parent);
        least.add(parent);
      }
    }
  }

  /** Hits to expect for each second: of those who hang on the block, and of newcomers. */
  private double worth(Node node) {
    double rate =
        BRANCH_SHARE * (node.branches - 1) / (now - node.firstSeconds + BRANCH_PATIENCE_SECONDS);
    for (Session session : node.here) {
      rate += times.worth(session.of, now - session.usedSeconds);
    }
    return Math.max(0, rate);
  }

  private void refresh() {
    refreshed = now;
    for (int index = sessions.size() - 1; index >= 0; index--) {
      Session session = sessions.get(index);
      if (now - session.usedSeconds > FORGET_SECONDS) {
        times.censored(session.of, now - session.usedSeconds);
        session.at.here.remove(session);
        session.tip.tip = null;
        sessions.set(index, sessions.getLast());
        sessions.removeLast();
      }
    }
    times.refresh(
        now, visitor -> sessions.forEach(each -> visitor.waits(each.of, now - each.usedSeconds)));
  }
}
