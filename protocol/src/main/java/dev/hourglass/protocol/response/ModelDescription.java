package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that answers here.
 *
 * @param contextTokens the most tokens that one conversation may have in context
 * @param embeddingDimensions of a model that embeds texts; {@code null} for one that chats
 */
public record ModelDescription(
    String id, Instant created, int contextTokens, @Nullable Integer embeddingDimensions) {
  public byte[] toJson() {
    return JsonBytes.of(this::writeTo);
  }

  /** The body of {@code GET /v1/models}. */
  public static byte[] listToJson(List<ModelDescription> models) {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (ModelDescription model : models) {
        model.writeTo(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private void writeTo(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", id);
    json.writeStringField("object", "model");
    JsonBytes.writeSeconds(json, "created", created);
    json.writeStringField("owned_by", "hourglass");
    json.writeNumberField("context_tokens", contextTokens);
    if (embeddingDimensions != null) {
      json.writeNumberField("embedding_dimensions", embeddingDimensions);
    }
    json.writeEndObject();
  }
}
