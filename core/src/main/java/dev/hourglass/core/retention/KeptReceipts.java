package dev.hourglass.core.retention;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRows;
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
  private final SessionRows rows = new SessionRows();
  private final List<PackedReceipt> receipts = new ArrayList<>();
  private final ByteBuffer draft = ByteBuffer.allocate(PackedReceipt.LONGEST);
  private int oldest;

  KeptReceipts(int most) {
    this.most = most;
  }

  /** Keeps a receipt, in the place of the one kept longest where there are as many as may be. */
  synchronized void keep(DestructionReceipt receipt) {
    if (rows.size() == most) {
      // Its row is the next that is given.
      rows.remove(oldest);
      oldest = oldest + 1 == most ? 0 : oldest + 1;
    }
    int row = rows.add(receipt.session());
    if (row == receipts.size()) {
      receipts.add(new PackedReceipt());
    }
    receipts.get(row).set(receipt, draft.clear());
  }

  /** The receipt of a session, if it is still kept. */
  synchronized Optional<DestructionReceipt> find(SessionId session) {
    int row = rows.find(session);
    return row == SessionRows.NONE ? Optional.empty() : Optional.of(receipts.get(row).get(session));
  }
}
