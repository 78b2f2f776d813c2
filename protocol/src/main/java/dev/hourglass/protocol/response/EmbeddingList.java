package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;

/**
 * The body of an answer to {@code POST /v1/embeddings}.
 *
 * @param vectors one for each text, in their order; not to be changed
 * @param base64 whether they are written as bytes in Base64 rather than as numbers
 * @param tokens of all texts
 */
public record EmbeddingList(String model, List<float[]> vectors, boolean base64, long tokens) {
  public EmbeddingList {
    vectors = List.copyOf(vectors);
  }

  public byte[] toJson() {
    return JsonBytes.of(json -> {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      for (int index = 0; index < vectors.size(); index++) {
        json.writeStartObject();
        json.writeStringField("object", "embedding");
        json.writeNumberField("index", index);
        write(json, vectors.get(index));
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeStringField("model", model);
      json.writeObjectFieldStart("usage");
      json.writeNumberField("prompt_tokens", tokens);
      json.writeNumberField("total_tokens", tokens);
      json.writeEndObject();
      json.writeEndObject();
    });
  }

  private void write(JsonGenerator json, float[] vector) throws IOException {
    if (base64) {
      ByteBuffer bytes =
          ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(vector);
      json.writeStringField("embedding", Base64.getEncoder().encodeToString(bytes.array()));
      return;
    }
    json.writeArrayFieldStart("embedding");
    for (float component : vector) {
      json.writeNumber(component);
    }
    json.writeEndArray();
  }
}
