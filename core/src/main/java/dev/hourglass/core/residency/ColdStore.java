package dev.hourglass.core.residency;

import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.lang.foreign.MemorySegment;

/**
 * Snapshots on a disk, where nobody can read or change them unnoticed. Every method blocks; one
 * caller at a time.
 */
public interface ColdStore extends AutoCloseable {
  /** Whose snapshot it is; one that is read as anybody else's is damaged. */
  record Label(SessionId session, TenantId tenant, String fingerprint, int kvTokens) {}

  /** Writes a snapshot; answers the number under which it is kept. */
  long write(Label label, MemorySegment bytes) throws ColdStoreException;

  /** Reads a snapshot into memory of its own, which the caller closes. */
  KvSnapshot read(long number, Label label) throws ColdStoreException;

  /** Deletes a snapshot. Idempotent. */
  void delete(long number) throws ColdStoreException;

  /** Deletes everything. */
  @Override
  void close();
}
