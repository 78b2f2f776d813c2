package dev.hourglass.protocol.response;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code GET /v1/sessions}.
 *
 * @param next the last id of the page where more follow, to be sent as {@code after}
 * @param total the caller's live sessions, on this page and on others
 * @param kv {@code null} where the engines cannot tell at the moment
 */
public record SessionPage(
    List<SessionDescription> sessions, @Nullable String next, int total, @Nullable KvMemory kv) {
  public SessionPage {
    sessions = List.copyOf(sessions);
  }

  /**
   * The KV memory of the engines, whoever uses it.
   *
   * @param usedTokens cells in use, a shared one counted once
   * @param capacityTokens cells there are; 0 where unknown
   */
  public record KvMemory(int usedTokens, int capacityTokens) {}

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (SessionDescription session : sessions) {
        session.writeTo(json);
      }
      json.writeEndArray();
      json.writeBooleanField("has_more", next != null);
      JsonBytes.writeTextOrNull(json, "next", next);
      json.writeNumberField("total", total);
      if (kv == null) {
        json.writeNullField("kv");
      } else {
        json.writeObjectFieldStart("kv");
        json.writeNumberField("used_tokens", kv.usedTokens);
        json.writeNumberField("capacity_tokens", kv.capacityTokens);
        json.writeEndObject();
      }
      json.writeEndObject();
    });
  }
}
