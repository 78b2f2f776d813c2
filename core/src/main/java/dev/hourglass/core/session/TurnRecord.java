package dev.hourglass.core.session;

import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One turn as a store keeps it.
 *
 * @param number 1 for the first turn of the session; initial messages are turn 0
 * @param retryKey {@code null} where the client gave nothing to recognise a retry by
 * @param input the messages the client sent in this turn
 * @param answer what the model said; partial unless completed
 * @param finishReason {@code null} unless completed
 */
public record TurnRecord(
    SessionId session,
    int number,
    @Nullable RetryKey retryKey,
    Status status,
    List<ChatMessage> input,
    String answer,
    @Nullable FinishReason finishReason,
    int promptTokens,
    int cachedTokens,
    int completionTokens,
    Instant startedAt,
    Instant endedAt) {
  public TurnRecord {
    input = List.copyOf(input);
  }

  /** How a turn ended. Only completed turns are part of the history that a model sees. */
  public enum Status {
    COMPLETED,
    FAILED,
    CANCELLED
  }
}
