package dev.hourglass.core.activity;

import java.util.Optional;

/**
 * Places texts among topics. Called on one thread, off the data path, and may take milliseconds.
 */
public interface Embedder {
  /** Where a text is; empty if it cannot tell, now or ever. */
  Optional<TopicVector> embed(String text);
}
