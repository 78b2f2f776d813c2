package dev.hourglass.app.replay.retention;

/**
 * A cache of blocks, and who leaves it. It is told of each request after its hits were counted:
 * then its blocks are touched or inserted, the last one first, so that the end of a prompt counts
 * as older than its beginning; and blocks are evicted until as many are left as there may be.
 */
interface BlockPolicy {
  boolean contains(int block);

  void serve(BlockTrace.Prompt prompt);
}
