package dev.hourglass.protocol.upstream;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;

/**
 * A model that a server lists.
 *
 * @param contextTokens the longest context that it takes; 0 where the server does not say
 * @param owner who serves it, by its own account; empty where it does not say
 */
public record ModelEntry(String id, int contextTokens, String owner) {

  /** Reads an entry at the current token; empty for what is none that chats. */
  static Optional<ModelEntry> read(JsonParser parser) throws IOException {
    if (!parser.hasToken(JsonToken.START_OBJECT)) {
      parser.skipChildren();
      return Optional.empty();
    }
    String id = "";
    String owner = "";
    int contextTokens = 0;
    boolean embeds = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "id" -> id = value == JsonToken.VALUE_STRING ? parser.getText() : "";
        case "owned_by" -> owner = value == JsonToken.VALUE_STRING ? parser.getText() : "";
        // vLLM's name, and SGLang's; what some others say; Hourglass's own.
        case "max_model_len", "context_length", "context_tokens" ->
            contextTokens = parser.getValueAsInt(0);
        // Hourglass lists models that embed beside those that chat.
        case "embedding_dimensions" -> embeds = true;
        case "meta" -> {
          // llama-server: what the model was trained with, the most there can be.
          while (value == JsonToken.START_OBJECT && parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean context = parser.currentName().equals("n_ctx_train");
            parser.nextToken();
            if (context) {
              contextTokens = parser.getValueAsInt(0);
            }
            parser.skipChildren();
          }
        }
        default -> parser.skipChildren();
      }
      // Whatever type a known name came with.
      parser.skipChildren();
    }
    return id.isEmpty() || embeds
        ? Optional.empty()
        : Optional.of(new ModelEntry(id, Math.max(0, contextTokens), owner));
  }
}
