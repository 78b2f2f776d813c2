package dev.hourglass.store.sqlite;

import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionRecord;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TokenHash;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.core.session.TurnRecord.Status;
import dev.hourglass.store.sqlite.SqliteSettings.Synchronous;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Sessions and turns that tests store. */
final class Samples {
  static final SessionId ALICE = sessionId(1);
  static final SessionId BOB = sessionId(2);
  static final Instant BIRTH = Instant.parse("2026-03-01T10:00:00Z");

  private Samples() {}

  static SqliteSessionStore open(Path file) {
    return SqliteSessionStore.open(settings(file));
  }

  static SqliteSettings settings(Path file) {
    return new SqliteSettings(file, Synchronous.NORMAL, 10, Duration.ZERO, Duration.ofSeconds(10));
  }

  static SessionId sessionId(int number) {
    return new SessionId("sess_%024d".formatted(number));
  }

  static SessionRecord session(SessionId id) {
    return session(id, Map.of());
  }

  static SessionRecord session(SessionId id, Map<String, String> metadata) {
    return new SessionRecord(
        id,
        TenantId.DEFAULT,
        TokenHash.ofHex("%064x".formatted(Integer.toUnsignedLong(id.hashCode()))),
        "tiny",
        BIRTH,
        Duration.ofMinutes(30),
        metadata,
        BIRTH,
        0,
        false);
  }

  static TurnRecord turn(SessionId session, int number, String question, String answer) {
    return new TurnRecord(
        session,
        number,
        null,
        Status.COMPLETED,
        user(question),
        answer,
        FinishReason.STOP,
        10,
        4,
        3,
        BIRTH.plusSeconds(number),
        BIRTH.plusSeconds(number + 1L));
  }

  static List<ChatMessage> user(String content) {
    return List.of(new ChatMessage(ChatRole.USER, content));
  }
}
