package dev.hourglass.engine.llama;

import java.util.Arrays;

/** A growing list of token ids, unboxed. */
final class TokenList {
  private int[] tokens;
  private int size;

  TokenList() {
    tokens = new int[64];
  }

  TokenList(int[] tokens) {
    this.tokens = tokens.clone();
    size = tokens.length;
  }

  int size() {
    return size;
  }

  int get(int index) {
    if (index >= size) {
      throw new IndexOutOfBoundsException(index);
    }
    return tokens[index];
  }

  void add(int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(64, size * 2));
    }
    tokens[size++] = token;
  }

  void addAll(int[] more) {
    if (size + more.length > tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(size + more.length, size * 2));
    }
    System.arraycopy(more, 0, tokens, size, more.length);
    size += more.length;
  }

  void addAll(TokenList other, int from, int to) {
    for (int index = from; index < to; index++) {
      add(other.get(index));
    }
  }

  void truncate(int newSize) {
    size = Math.min(size, newSize);
  }

  /** Removes the tokens in {@code [from, to)}. */
  void remove(int from, int to) {
    System.arraycopy(tokens, to, tokens, from, size - to);
    size -= to - from;
  }

  int[] toArray() {
    return Arrays.copyOf(tokens, size);
  }

  /** How many tokens the two lists have in common at the beginning. */
  int commonPrefix(TokenList other) {
    int mismatch = Arrays.mismatch(tokens, 0, size, other.tokens, 0, other.size);
    return mismatch < 0 ? size : mismatch;
  }
}
