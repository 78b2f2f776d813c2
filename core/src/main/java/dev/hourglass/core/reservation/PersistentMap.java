package dev.hourglass.core.reservation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sorted map whose changes cost O(log n) and share the rest: an AVL tree
 * (Adelson-Velsky, Landis 1962) with copied paths.
 */
final class PersistentMap<K extends Comparable<K>, V> {
  private static final PersistentMap<?, ?> EMPTY = new PersistentMap<String, Object>(null, 0);

  private final @Nullable Node<K, V> root;
  private final int size;

  private PersistentMap(@Nullable Node<K, V> root, int size) {
    this.root = root;
    this.size = size;
  }

  private record Node<K, V>(
      K key, V value, int height, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {}

  @SuppressWarnings("unchecked") // An empty map holds nothing of any type.
  static <K extends Comparable<K>, V> PersistentMap<K, V> empty() {
    return (PersistentMap<K, V>) EMPTY;
  }

  int size() {
    return size;
  }

  @Nullable V get(K key) {
    Node<K, V> node = root;
    while (node != null) {
      int order = key.compareTo(node.key);
      if (order == 0) {
        return node.value;
      }
      node = order < 0 ? node.left : node.right;
    }
    return null;
  }

  /** The value of the lowest key; {@code null} where the map is empty. */
  @Nullable V first() {
    Node<K, V> node = root;
    while (node != null && node.left != null) {
      node = node.left;
    }
    return node == null ? null : node.value;
  }

  PersistentMap<K, V> with(K key, V value) {
    return new PersistentMap<>(with(root, key, value), get(key) == null ? size + 1 : size);
  }

  private static <K extends Comparable<K>, V> Node<K, V> with(
      @Nullable Node<K, V> node, K key, V value) {
    if (node == null) {
      return node(key, value, null, null);
    }
    int order = key.compareTo(node.key);
    if (order == 0) {
      return node(key, value, node.left, node.right);
    }
    return order < 0
        ? balanced(node.key, node.value, with(node.left, key, value), node.right)
        : balanced(node.key, node.value, node.left, with(node.right, key, value));
  }

  /** The map without a key; itself where the key is not in it. */
  PersistentMap<K, V> without(K key) {
    return get(key) == null ? this : new PersistentMap<>(without(root, key), size - 1);
  }

  private static <K extends Comparable<K>, V> @Nullable Node<K, V> without(
      @Nullable Node<K, V> node, K key) {
    if (node == null) {
      return null;
    }
    int order = key.compareTo(node.key);
    if (order < 0) {
      return balanced(node.key, node.value, without(node.left, key), node.right);
    }
    if (order > 0) {
      return balanced(node.key, node.value, node.left, without(node.right, key));
    }
    if (node.left == null || node.right == null) {
      return node.left == null ? node.right : node.left;
    }
    Node<K, V> next = node.right;
    while (next.left != null) {
      next = next.left;
    }
    return balanced(next.key, next.value, node.left, without(node.right, next.key));
  }

  /** All values, in the order of their keys. */
  List<V> values() {
    List<V> values = new ArrayList<>(size);
    collect(root, values);
    return values;
  }

  private static <K, V> void collect(@Nullable Node<K, V> node, List<V> values) {
    if (node != null) {
      collect(node.left, values);
      values.add(node.value);
      collect(node.right, values);
    }
  }

  private static <K, V> Node<K, V> balanced(
      K key, V value, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {
    int lean = height(left) - height(right);
    if (lean > 1 && left != null) {
      Node<K, V> inner = left.right;
      return inner == null || height(left.left) >= height(inner)
          ? node(left.key, left.value, left.left, node(key, value, inner, right))
          : node(
              inner.key,
              inner.value,
              node(left.key, left.value, left.left, inner.left),
              node(key, value, inner.right, right));
    }
    if (lean < -1 && right != null) {
      Node<K, V> inner = right.left;
      return inner == null || height(right.right) >= height(inner)
          ? node(right.key, right.value, node(key, value, left, inner), right.right)
          : node(
              inner.key,
              inner.value,
              node(key, value, left, inner.left),
              node(right.key, right.value, inner.right, right.right));
    }
    return node(key, value, left, right);
  }

  private static <K, V> Node<K, V> node(
      K key, V value, @Nullable Node<K, V> left, @Nullable Node<K, V> right) {
    return new Node<>(key, value, 1 + Math.max(height(left), height(right)), left, right);
  }

  private static int height(@Nullable Node<?, ?> node) {
    return node == null ? 0 : node.height;
  }

  /** The height of the tree, which bounds what a change costs. */
  int height() {
    return height(root);
  }
}
