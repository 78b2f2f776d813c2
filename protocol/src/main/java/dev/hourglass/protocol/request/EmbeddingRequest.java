package dev.hourglass.protocol.request;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/embeddings}.
 *
 * @param model {@code null} for the usual one
 * @param input at least one text, none of them empty
 * @param dimensions of the vectors; {@code null} for the model's own
 */
public record EmbeddingRequest(
    @Nullable String model, List<String> input, Encoding encoding, @Nullable Integer dimensions) {
  public EmbeddingRequest {
    input = List.copyOf(input);
  }

  /** How vectors are written. */
  public enum Encoding {
    /** As numbers. */
    FLOAT,
    /** As the bytes of floats, the least significant first, in Base64. */
    BASE64
  }
}
