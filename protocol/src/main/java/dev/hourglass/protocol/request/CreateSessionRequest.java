package dev.hourglass.protocol.request;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/sessions}, every field of which may be left out.
 *
 * @param model {@code null} for the default one
 * @param ttlSeconds how long the session lives after its last use, at least 1; {@code null} for the
 *     default
 * @param metadata the client's own notes: at most 16, names up to 64 characters, values up to 512
 * @param messages what the conversation starts from, a system prompt first where one was given
 */
public record CreateSessionRequest(
    @Nullable String model,
    @Nullable Integer ttlSeconds,
    Map<String, String> metadata,
    List<Message> messages) {
  public CreateSessionRequest {
    metadata = Map.copyOf(metadata);
    messages = List.copyOf(messages);
  }
}
