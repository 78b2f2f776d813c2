package dev.hourglass.app.replay.retention;

import dev.hourglass.core.retention.value.ReturnTimes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a valuation finds worth keeping: conversations are the tips of a tree of shared
 * blocks, and a block is worth the sum of what hangs on it. Only leaves leave, so that what stays
 * of a prompt is always a prefix.
 *
 * <p>Conversations whose blocks are gone are remembered as ghosts: from them is learned when they
 * go on, and the part of their prefix that is still here profits from them.
 */
final class PrefixTree implements BlockPolicy {
  private static final int LEAST_SHARED_BLOCKS = 2;

  private final int capacity;
  private final int blockTokens;
  private final Valuation valuation;
  private final Node[] nodes;
  private final Node root = new Node(null);
  private final List<Hanging> hangings = new ArrayList<>();
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
    private @Nullable Hanging tip;
    private final List<Hanging> here = new ArrayList<>(1);
    private double worth;
    private int leafIndex = -1;

    Node(@Nullable Node parent) {
      this.parent = parent;
    }
  }

  /** A conversation, its last full block, and the last of its blocks that is held. */
  private static final class Hanging {
    private final Conversation conversation;
    private Node tip;
    private Node at;

    Hanging(Conversation conversation, Node tip) {
      this.conversation = conversation;
      this.tip = tip;
      this.at = tip;
    }
  }

  PrefixTree(BlockTrace trace, int capacity, Valuation valuation) {
    this.capacity = capacity;
    this.blockTokens = trace.blockTokens();
    this.valuation = valuation;
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
    if (now - refreshed >= ReturnTimes.REFRESH_SECONDS) {
      refresh();
    }
    Node[] path = path(prompt);
    int full = prompt.fullBlocks(blockTokens);
    Node tip = full == 0 ? root : path[full - 1];
    Hanging hanging = continued(path, full);
    if (hanging == null) {
      hanging = begun(prompt, tip);
      for (Node node : path) {
        node.branches++;
      }
    } else {
      goOn(hanging, prompt, tip);
    }
    if (!tip.equals(root)) {
      tip.tip = hanging;
    }
    insert(path);
    hanging.at.here.add(hanging);
    if (size > capacity) {
      evict();
    }
  }

  private Hanging begun(BlockTrace.Prompt prompt, Node tip) {
    Hanging hanging = new Hanging(new Conversation(prompt.tokens(), now), tip);
    hangings.add(hanging);
    valuation.begins(hanging.conversation, now);
    return hanging;
  }

  private void goOn(Hanging hanging, BlockTrace.Prompt prompt, Node tip) {
    valuation.returns(hanging.conversation, now);
    hanging.conversation.goesOn(prompt.tokens(), now);
    hanging.at.here.remove(hanging);
    hanging.tip.tip = null;
    hanging.tip = tip;
    hanging.at = tip;
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

  /** What the prompt goes on with: the longest conversation whose full blocks begin it. */
  private static @Nullable Hanging continued(Node[] path, int full) {
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
      for (Hanging hanging : leaf.here) {
        hanging.at = parent;
        parent.here.add(hanging);
      }
      leaf.here.clear();
      if (--parent.presentChildren == 0 && !parent.equals(root)) {
        parent.worth = worth(parent);
        addLeaf(parent);
        least.add(parent);
      }
    }
  }

  private double worth(Node node) {
    double worth = valuation.branches(node.branches, now - node.firstSeconds);
    for (Hanging hanging : node.here) {
      worth += valuation.worth(hanging.conversation, now);
    }
    return Math.max(0, worth);
  }

  private void refresh() {
    refreshed = now;
    for (int index = hangings.size() - 1; index >= 0; index--) {
      Hanging hanging = hangings.get(index);
      if (hanging.conversation.idleSeconds(now) > ReturnTimes.FORGET_SECONDS) {
        valuation.givenUp(hanging.conversation, now);
        hanging.at.here.remove(hanging);
        hanging.tip.tip = null;
        hangings.set(index, hangings.getLast());
        hangings.removeLast();
      }
    }
    valuation.refresh(hangings.stream().map(hanging -> hanging.conversation).toList(), now);
  }
}
