package dev.hourglass.core.residency;

import dev.hourglass.core.engine.KvSnapshot;
import java.lang.foreign.MemorySegment;

/** A snapshot of a byte for each token that nobody reads. */
record CountedSnapshot(int kvTokens) implements KvSnapshot {
  @Override
  public String fingerprint() {
    return "counted";
  }

  @Override
  public MemorySegment bytes() {
    return MemorySegment.NULL.reinterpret(kvTokens);
  }

  @Override
  public void close() {}
}
