package dev.hourglass.store.sqlite;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TokenHash;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The tables {@code sessions} and {@code session_metadata}, inside one transaction. */
record SessionRows(Handle handle) {

  boolean isTaken(SessionRecord session) {
    return handle
        .createQuery(
            "SELECT EXISTS (SELECT 1 FROM sessions WHERE id = :id OR token_hash = :tokenHash)")
        .bind("id", session.id().value())
        .bind("tokenHash", session.tokenHash().hex())
        .mapTo(boolean.class)
        .one();
  }

  /** Returns the key of the new row. */
  long insert(SessionRecord session) {
    long key =
        handle
            .createQuery(
                """
                INSERT INTO sessions (id, tenant, token_hash, model, created_at, context_ttl,
                  last_active, turns, terminating)
                VALUES (:id, :tenant, :tokenHash, :model, :createdAt, :contextTtl,
                  :lastActive, :turns, :terminating)
                RETURNING key
                """)
            .bind("id", session.id().value())
            .bind("tenant", session.tenant().value())
            .bind("tokenHash", session.tokenHash().hex())
            .bind("model", session.model())
            .bind("createdAt", Nanos.of(session.createdAt()))
            .bind("contextTtl", Nanos.of(session.contextTtl()))
            .bind("lastActive", Nanos.of(session.lastActive()))
            .bind("turns", session.turns())
            .bind("terminating", session.terminating())
            .mapTo(long.class)
            .one();
    insertMetadata(key, session.metadata());
    return key;
  }

  private void insertMetadata(long key, Map<String, String> metadata) {
    if (metadata.isEmpty()) {
      return;
    }
    PreparedBatch batch =
        handle.prepareBatch(
            "INSERT INTO session_metadata (session_key, name, value) VALUES (:key, :name, :value)");
    metadata.forEach(
        (name, value) -> batch.bind("key", key).bind("name", name).bind("value", value).add());
    batch.execute();
  }

  /** Oldest first. */
  List<SessionRecord> all() {
    Map<Long, Map<String, String>> metadata = allMetadata();
    return handle
        .createQuery(
            """
            SELECT key, id, tenant, token_hash, model, created_at, context_ttl, last_active,
              turns, terminating
            FROM sessions ORDER BY key
            """)
        .map((row, context) ->
            new SessionRecord(
                new SessionId(row.getString("id")),
                new TenantId(row.getString("tenant")),
                TokenHash.ofHex(row.getString("token_hash")),
                row.getString("model"),
                Nanos.instant(row.getLong("created_at")),
                Duration.ofNanos(row.getLong("context_ttl")),
                metadata.getOrDefault(row.getLong("key"), Map.of()),
                Nanos.instant(row.getLong("last_active")),
                row.getInt("turns"),
                row.getBoolean("terminating")))
        .list();
  }

  private Map<Long, Map<String, String>> allMetadata() {
    Map<Long, Map<String, String>> metadata = new HashMap<>();
    handle
        .createQuery("SELECT session_key, name, value FROM session_metadata")
        .map((row, context) ->
            metadata
                .computeIfAbsent(row.getLong("session_key"), key -> new HashMap<>())
                .put(row.getString("name"), row.getString("value")))
        .forEach(previous -> {});
    return metadata;
  }

  OptionalLong key(SessionId session) {
    return find(session).map(found -> OptionalLong.of(found.key())).orElse(OptionalLong.empty());
  }

  Optional<Found> find(SessionId session) {
    return handle
        .createQuery("SELECT key, terminating FROM sessions WHERE id = :id")
        .bind("id", session.value())
        .map((row, context) -> new Found(row.getLong("key"), row.getBoolean("terminating")))
        .findOne();
  }

  void countTurn(long key, Instant endedAt) {
    handle
        .createUpdate(
            """
            UPDATE sessions SET turns = turns + 1, last_active = max(last_active, :endedAt)
            WHERE key = :key
            """)
        .bind("endedAt", Nanos.of(endedAt))
        .bind("key", key)
        .execute();
  }

  void touch(SessionId session, Instant lastActive) {
    handle
        .createUpdate(
            """
            UPDATE sessions SET last_active = :lastActive
            WHERE id = :id AND last_active < :lastActive
            """)
        .bind("lastActive", Nanos.of(lastActive))
        .bind("id", session.value())
        .execute();
  }

  void markTerminating(SessionId session) {
    handle
        .createUpdate("UPDATE sessions SET terminating = 1 WHERE id = :id")
        .bind("id", session.value())
        .execute();
  }

  /** Returns whether there was any. */
  boolean deleteMetadata(long key) {
    return handle
            .createUpdate("DELETE FROM session_metadata WHERE session_key = :key")
            .bind("key", key)
            .execute()
        > 0;
  }

  /** Whether there are turns or metadata of the session. */
  boolean hasText(SessionId session) {
    return handle
        .createQuery(
            """
            SELECT EXISTS (SELECT 1 FROM turns WHERE session_key = key)
              OR EXISTS (SELECT 1 FROM session_metadata WHERE session_key = key)
            FROM sessions WHERE id = :id
            """)
        .bind("id", session.value())
        .mapTo(boolean.class)
        .findOne()
        .orElse(false);
  }

  /** Takes turns, messages and metadata with it. Returns whether there was one. */
  boolean delete(SessionId session) {
    return handle
            .createUpdate("DELETE FROM sessions WHERE id = :id")
            .bind("id", session.value())
            .execute()
        > 0;
  }

  /** A session's row. */
  record Found(long key, boolean terminating) {}
}
