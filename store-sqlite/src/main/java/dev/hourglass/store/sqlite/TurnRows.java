package dev.hourglass.store.sqlite;

import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.core.session.TurnRecord.Status;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** The tables {@code turns} and {@code messages}, inside one transaction. */
record TurnRows(Handle handle) {
  private static final String COLUMNS =
      """
      number, retry_key, status, finish_reason, input_messages, prompt_tokens, cached_tokens,
      completion_tokens, started_at, ended_at
      """;

  /** One walk along two keys: the plan neither scans nor sorts. */
  static final String HISTORY =
      """
      SELECT role, content
      FROM sessions
        CROSS JOIN messages ON messages.session_key = sessions.key
        CROSS JOIN turns
          ON turns.session_key = messages.session_key AND turns.number = messages.turn
      WHERE sessions.id = :id AND turns.status = 'completed'
      ORDER BY messages.turn, messages.position
      """;

  boolean exists(long sessionKey, int number) {
    return handle
        .createQuery(
            "SELECT EXISTS (SELECT 1 FROM turns WHERE session_key = :key AND number = :number)")
        .bind("key", sessionKey)
        .bind("number", number)
        .mapTo(boolean.class)
        .one();
  }

  /** Adds turn 0. */
  void insertInitial(long sessionKey, SessionRecord session, List<ChatMessage> messages) {
    insertTurn(
        sessionKey,
        new TurnRecord(
            session.id(),
            0,
            null,
            Status.COMPLETED,
            messages,
            "",
            null,
            0,
            0,
            0,
            session.createdAt(),
            session.createdAt()));
    insertMessages(sessionKey, 0, messages);
  }

  void insert(long sessionKey, TurnRecord turn) {
    insertTurn(sessionKey, turn);
    List<ChatMessage> messages = new ArrayList<>(turn.input());
    messages.add(new ChatMessage(ChatRole.ASSISTANT, turn.answer()));
    insertMessages(sessionKey, turn.number(), messages);
  }

  private void insertTurn(long sessionKey, TurnRecord turn) {
    RetryKey retryKey = turn.retryKey();
    FinishReason finishReason = turn.finishReason();
    handle
        .createUpdate(
            """
            INSERT INTO turns (session_key, number, retry_key, status, finish_reason,
              input_messages, prompt_tokens, cached_tokens, completion_tokens, started_at, ended_at)
            VALUES (:key, :number, :retryKey, :status, :finishReason,
              :inputMessages, :promptTokens, :cachedTokens, :completionTokens, :startedAt, :endedAt)
            """)
        .bind("key", sessionKey)
        .bind("number", turn.number())
        .bind("retryKey", retryKey == null ? null : retryKey.value())
        .bind("status", stored(turn.status()))
        .bind("finishReason", finishReason == null ? null : stored(finishReason))
        .bind("inputMessages", turn.input().size())
        .bind("promptTokens", turn.promptTokens())
        .bind("cachedTokens", turn.cachedTokens())
        .bind("completionTokens", turn.completionTokens())
        .bind("startedAt", Nanos.of(turn.startedAt()))
        .bind("endedAt", Nanos.of(turn.endedAt()))
        .execute();
  }

  private void insertMessages(long sessionKey, int turn, List<ChatMessage> messages) {
    PreparedBatch batch =
        handle.prepareBatch(
            """
            INSERT INTO messages (session_key, turn, position, role, content)
            VALUES (:key, :turn, :position, :role, :content)
            """);
    for (int position = 0; position < messages.size(); position++) {
      ChatMessage message = messages.get(position);
      batch
          .bind("key", sessionKey)
          .bind("turn", turn)
          .bind("position", position)
          .bind("role", message.role().wireName())
          .bind("content", message.content())
          .add();
    }
    batch.execute();
  }

  List<ChatMessage> history(SessionId session) {
    return handle
        .createQuery(HISTORY)
        .bind("id", session.value())
        .map((row, context) -> message(row))
        .list();
  }

  List<TurnRecord> all(long sessionKey, SessionId session) {
    Map<Integer, List<ChatMessage>> messages = new HashMap<>();
    handle
        .createQuery(
            """
            SELECT turn, role, content FROM messages
            WHERE session_key = :key ORDER BY turn, position
            """)
        .bind("key", sessionKey)
        .map((row, context) ->
            messages
                .computeIfAbsent(row.getInt("turn"), turn -> new ArrayList<>())
                .add(message(row)))
        .forEach(added -> {});
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM turns WHERE session_key = :key ORDER BY number")
        .bind("key", sessionKey)
        .map((row, context) ->
            turn(session, row, messages.getOrDefault(row.getInt("number"), List.of())))
        .list();
  }

  Optional<TurnRecord> latestCompleted(long sessionKey, SessionId session, RetryKey key) {
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + """
                 FROM turns
                WHERE session_key = :key AND retry_key = :retryKey AND status = 'completed'
                ORDER BY number DESC LIMIT 1
                """)
        .bind("key", sessionKey)
        .bind("retryKey", key.value())
        .map((row, context) -> turn(session, row, messages(sessionKey, row.getInt("number"))))
        .findOne();
  }

  private List<ChatMessage> messages(long sessionKey, int turn) {
    return handle
        .createQuery(
            """
            SELECT role, content FROM messages
            WHERE session_key = :key AND turn = :turn ORDER BY position
            """)
        .bind("key", sessionKey)
        .bind("turn", turn)
        .map((row, context) -> message(row))
        .list();
  }

  /** Takes the messages with the turns. Returns whether there were any. */
  boolean deleteAll(long sessionKey) {
    return handle
            .createUpdate("DELETE FROM turns WHERE session_key = :key")
            .bind("key", sessionKey)
            .execute()
        > 0;
  }

  private static TurnRecord turn(SessionId session, ResultSet row, List<ChatMessage> messages)
      throws SQLException {
    String retryKey = row.getString("retry_key");
    int inputMessages = row.getInt("input_messages");
    return new TurnRecord(
        session,
        row.getInt("number"),
        retryKey == null ? null : new RetryKey(retryKey),
        read(Status.class, row.getString("status")),
        messages.subList(0, inputMessages),
        inputMessages < messages.size() ? messages.get(inputMessages).content() : "",
        finishReason(row.getString("finish_reason")),
        row.getInt("prompt_tokens"),
        row.getInt("cached_tokens"),
        row.getInt("completion_tokens"),
        Nanos.instant(row.getLong("started_at")),
        Nanos.instant(row.getLong("ended_at")));
  }

  private static @Nullable FinishReason finishReason(@Nullable String stored) {
    return stored == null ? null : read(FinishReason.class, stored);
  }

  private static ChatMessage message(ResultSet row) throws SQLException {
    return new ChatMessage(read(ChatRole.class, row.getString("role")), row.getString("content"));
  }

  /** The name of a constant in the file: lower case, as on the wire. */
  static String stored(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static <E extends Enum<E>> E read(Class<E> type, String stored) {
    return Enum.valueOf(type, stored.toUpperCase(Locale.ROOT));
  }
}
