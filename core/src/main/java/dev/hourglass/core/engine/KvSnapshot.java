package dev.hourglass.core.engine;

import java.lang.foreign.MemorySegment;

/**
 * A session's KV state outside the engine, in off-heap memory that {@link #close} frees.
 *
 * <p>The bytes are self-contained: an engine of the same model restores them, also in another
 * process.
 */
public interface KvSnapshot extends AutoCloseable {
  /** Identifies the model and layout; a restore into any other is refused. */
  String fingerprint();

  int kvTokens();

  /** The whole snapshot; valid until {@link #close}. */
  MemorySegment bytes();

  @Override
  void close();
}
