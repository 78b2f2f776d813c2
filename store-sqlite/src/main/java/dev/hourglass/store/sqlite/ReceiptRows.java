package dev.hourglass.store.sqlite;

import static dev.hourglass.store.sqlite.TurnRows.read;
import static dev.hourglass.store.sqlite.TurnRows.stored;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** The tables {@code receipts} and {@code receipt_stages}, inside one transaction. */
record ReceiptRows(Handle handle) {

  long count() {
    return handle.createQuery("SELECT count(*) FROM receipts").mapTo(long.class).one();
  }

  /**
   * Puts the receipt in the place of an earlier one, as the newest; the oldest go beyond the bound.
   *
   * @param stored how many there are
   * @return how many there are then
   */
  long keep(DestructionReceipt receipt, long stored, int most) {
    int replaced =
        handle
            .createUpdate("DELETE FROM receipts WHERE session_id = :session")
            .bind("session", receipt.session().value())
            .execute();
    insert(receipt);
    long now = stored - replaced + 1;
    return now <= most ? now : now - deleteOldest(now - most);
  }

  private int deleteOldest(long excess) {
    return handle
        .createUpdate(
            "DELETE FROM receipts WHERE key IN (SELECT key FROM receipts ORDER BY key LIMIT :excess)")
        .bind("excess", excess)
        .execute();
  }

  private void insert(DestructionReceipt receipt) {
    long key =
        handle
            .createQuery(
                """
                INSERT INTO receipts (key, session_id, tenant, reason, started_at,
                  residue_kv_tokens)
                VALUES ((SELECT coalesce(max(key), 0) + 1 FROM receipts), :session, :tenant,
                  :reason, :startedAt, :residue)
                RETURNING key
                """)
            .bind("session", receipt.session().value())
            .bind("tenant", receipt.tenant().value())
            .bind("reason", stored(receipt.reason()))
            .bind("startedAt", Nanos.of(receipt.startedAt()))
            .bind("residue", kvTokens(receipt.residue()))
            .mapTo(long.class)
            .one();
    insertStages(key, receipt.stages());
  }

  private static @Nullable Integer kvTokens(Residue residue) {
    return switch (residue) {
      case Residue.Counted counted -> counted.kvTokens();
      case Residue.Unknown _ -> null;
    };
  }

  private void insertStages(long key, List<StageResult> stages) {
    if (stages.isEmpty()) {
      return;
    }
    PreparedBatch batch =
        handle.prepareBatch(
            """
            INSERT INTO receipt_stages (receipt_key, position, stage, outcome, took)
            VALUES (:key, :position, :stage, :outcome, :took)
            """);
    for (int position = 0; position < stages.size(); position++) {
      StageResult result = stages.get(position);
      batch
          .bind("key", key)
          .bind("position", position)
          .bind("stage", stored(result.stage()))
          .bind("outcome", stored(result.outcome()))
          .bind("took", Nanos.of(result.took()))
          .add();
    }
    batch.execute();
  }

  Optional<DestructionReceipt> find(SessionId session) {
    return handle
        .createQuery(
            """
            SELECT key, tenant, reason, started_at, residue_kv_tokens FROM receipts
            WHERE session_id = :session
            """)
        .bind("session", session.value())
        .map((row, context) ->
            new DestructionReceipt(
                session,
                new TenantId(row.getString("tenant")),
                read(DestructionReason.class, row.getString("reason")),
                Nanos.instant(row.getLong("started_at")),
                stages(row.getLong("key")),
                residue(row)))
        .findOne();
  }

  private static Residue residue(ResultSet row) throws SQLException {
    int kvTokens = row.getInt("residue_kv_tokens");
    return row.wasNull() ? new Residue.Unknown() : new Residue.Counted(kvTokens);
  }

  private List<StageResult> stages(long receiptKey) {
    return handle
        .createQuery(
            """
            SELECT stage, outcome, took FROM receipt_stages
            WHERE receipt_key = :key ORDER BY position
            """)
        .bind("key", receiptKey)
        .map((row, context) ->
            new StageResult(
                read(Stage.class, row.getString("stage")),
                read(Outcome.class, row.getString("outcome")),
                Duration.ofNanos(row.getLong("took"))))
        .list();
  }
}
