package dev.hourglass.core.engine;

import dev.hourglass.core.session.ChatMessage;
import java.util.List;

/** What a model is asked to continue. */
public sealed interface Prompt {
  /**
   * A conversation, rendered through the model's chat template. Text inside a message never becomes
   * a control token.
   *
   * @param messages at least one
   */
  record Chat(List<ChatMessage> messages) implements Prompt {
    public Chat {
      messages = List.copyOf(messages);
      if (messages.isEmpty()) {
        throw new IllegalArgumentException("messages: empty (expected: at least one)");
      }
    }
  }

  /** Plain text without a template. */
  record Text(String text) implements Prompt {}
}
