package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.time.Instant;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The UTF-8 bytes of one JSON document. */
public final class JsonBytes {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonBytes() {}

  /** Writes into a generator that writes into memory, and so cannot fail. */
  public interface Writing {
    void to(JsonGenerator json) throws IOException;
  }

  /** Writes one document. */
  public static byte[] of(Writing writing) {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(256)) {
      try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
        writing.to(json);
      }
      return bytes.toByteArray();
    } catch (IOException impossible) {
      throw new IllegalStateException("writing to memory failed", impossible);
    }
  }

  static void writeNumberOrNull(JsonGenerator json, String name, OptionalDouble number)
      throws IOException {
    if (number.isEmpty()) {
      json.writeNullField(name);
    } else {
      json.writeNumberField(name, number.getAsDouble());
    }
  }

  static void writeTextOrNull(JsonGenerator json, String name, @Nullable String text)
      throws IOException {
    if (text == null) {
      json.writeNullField(name);
    } else {
      json.writeStringField(name, text);
    }
  }

  /** Unix seconds, as everywhere in the OpenAI API. */
  static void writeSeconds(JsonGenerator json, String name, Instant instant) throws IOException {
    json.writeNumberField(name, instant.getEpochSecond());
  }
}
