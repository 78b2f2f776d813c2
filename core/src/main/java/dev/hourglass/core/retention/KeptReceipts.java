package dev.hourglass.core.retention;

import dev.hourglass.core.session.HashIndex;
import dev.hourglass.core.session.SessionId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The latest receipts of sessions that leave nothing durable, up to a number of them.
 *
 * <p>A busy gateway keeps thousands a second and is asked for hardly any. They are packed into rows
 * that are written over in turn, so that keeping one makes no object that lives. Thread-safe.
 */
final class KeptReceipts {
  private final int most;

  // Guarded by this.
  private final List<PackedReceipt> rows = new ArrayList<>();
  private final HashIndex bySession = HashIndex.ofSessions(row -> rows.get(row).session());
  private final ByteBuffer draft = ByteBuffer.allocate(PackedReceipt.LONGEST);
  private int next;

  KeptReceipts(int most) {
    this.most = most;
  }

  /** Keeps a receipt, in the place of the one kept longest where there are as many as may be. */
  synchronized void keep(DestructionReceipt receipt) {
    SessionId session = receipt.session();
    if (next == rows.size()) {
      rows.add(new PackedReceipt());
    } else {
      SessionId before = rows.get(next).session();
      bySession.remove(before, next);
    }
    rows.get(next).set(receipt, draft.clear());
    bySession.put(session, next);
    next = next + 1 == most ? 0 : next + 1;
  }

  /** The receipt of a session, if it is still kept. */
  synchronized Optional<DestructionReceipt> find(SessionId session) {
    int row = bySession.find(session);
    return row != HashIndex.NONE && rows.get(row).session().equals(session)
        ? Optional.of(rows.get(row).get())
        : Optional.empty();
  }
}
