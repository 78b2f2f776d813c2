package dev.hourglass.app.replay.retention;

import java.util.List;

/** What keeping a conversation's blocks is worth. */
interface Valuation {
  /** Somebody began a conversation. */
  default void begins(Conversation conversation, double nowSeconds) {}

  /** It goes on; it still says how it was before. */
  default void returns(Conversation conversation, double nowSeconds) {}

  /** It has not gone on for so long that it is not watched any more. */
  default void givenUp(Conversation conversation, double nowSeconds) {}

  /** Time to learn; these conversations wait. */
  default void refresh(List<Conversation> waiting, double nowSeconds) {}

  /** Comparable with that of others at the same moment; the blocks of the least leave first. */
  double worth(Conversation conversation, double nowSeconds);

  /**
   * What a block is worth besides, for conversations that will branch off it.
   *
   * @param branches that have done so
   * @param ageSeconds since the block was seen first
   */
  default double branches(int branches, double ageSeconds) {
    return 0;
  }
}
