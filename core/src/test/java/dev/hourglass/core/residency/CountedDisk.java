package dev.hourglass.core.residency;

import dev.hourglass.core.engine.KvSnapshot;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A disk that keeps of each {@link CountedSnapshot} how long it is. */
final class CountedDisk implements ColdStore {
  private final Map<Long, Integer> written = new HashMap<>();
  private long numbers;

  @Override
  public long write(Label label, MemorySegment bytes) {
    written.put(++numbers, label.kvTokens());
    return numbers;
  }

  @Override
  public KvSnapshot read(long number, Label label) {
    return new CountedSnapshot(Objects.requireNonNull(written.get(number)));
  }

  @Override
  public void delete(long number) {
    written.remove(number);
  }

  @Override
  public void close() {}
}
