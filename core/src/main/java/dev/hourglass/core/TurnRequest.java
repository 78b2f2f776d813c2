package dev.hourglass.core;

import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.RetryKey;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A turn that a client wants.
 *
 * @param model {@code null} for the default one, or the session's
 * @param maxTokens the most tokens to generate; {@code null} up to the end of the context
 */
public record TurnRequest(
    TenantId tenant,
    Input input,
    @Nullable String model,
    Sampling sampling,
    @Nullable Integer maxTokens) {

  /** What the turn is about. */
  public sealed interface Input {
    /** A whole conversation, as plain OpenAI clients send it; its session is recognised. */
    record Conversation(List<ChatMessage> messages) implements Input {
      public Conversation {
        messages = List.copyOf(messages);
      }
    }

    /**
     * New messages for the session that the token opens.
     *
     * @param retryKey {@code null} where the client gave nothing to recognise a retry by
     * @param retried whether an earlier attempt may have completed, and is then answered from the
     *     record; {@code false} where the client says that this is the first one
     */
    record Continuation(
        SessionToken token,
        List<ChatMessage> messages,
        @Nullable RetryKey retryKey,
        boolean retried)
        implements Input {
      public Continuation {
        messages = List.copyOf(messages);
      }

      /** A turn that may be a retry whenever it has a key. */
      public Continuation(
          SessionToken token, List<ChatMessage> messages, @Nullable RetryKey retryKey) {
        this(token, messages, retryKey, true);
      }
    }

    /** A text to go on with, outside any conversation. */
    record Completion(String text) implements Input {}
  }
}
