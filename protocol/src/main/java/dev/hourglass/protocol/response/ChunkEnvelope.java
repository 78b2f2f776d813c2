package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What all chunks of one stream have in common. There is a chunk for every token, so the bytes
 * around the text are prepared once and a chunk is a single concatenation.
 */
final class ChunkEnvelope {
  private static final JsonStringEncoder ENCODER = JsonStringEncoder.getInstance();

  private final String id;
  private final String object;
  private final Instant created;
  private final String model;
  private final boolean includeUsage;
  private final byte[] beforeText;
  private final byte[] afterText;

  /**
   * @param beforeText JSON between the opening of {@code choices[0]} and the text, its first quote
   *     included
   * @param afterText JSON from the text's last quote to the end of {@code choices[0]}
   */
  ChunkEnvelope(
      String id,
      String object,
      Instant created,
      String model,
      boolean includeUsage,
      String beforeText,
      String afterText) {
    this.id = id;
    this.object = object;
    this.created = created;
    this.model = model;
    this.includeUsage = includeUsage;
    byte[] head =
        JsonBytes.of(json -> {
          json.writeStartObject();
          writeHead(json);
          json.writeEndObject();
        });
    String opened = new String(head, 0, head.length - 1, StandardCharsets.UTF_8);
    this.beforeText =
        ("data: " + opened + ",\"choices\":[{\"index\":0," + beforeText)
            .getBytes(StandardCharsets.UTF_8);
    this.afterText =
        (afterText + "}]" + (includeUsage ? ",\"usage\":null" : "") + "}\n\n")
            .getBytes(StandardCharsets.UTF_8);
  }

  byte[] text(String text) {
    byte[] quoted = ENCODER.quoteAsUTF8(text);
    byte[] event = new byte[beforeText.length + quoted.length + afterText.length];
    System.arraycopy(beforeText, 0, event, 0, beforeText.length);
    System.arraycopy(quoted, 0, event, beforeText.length, quoted.length);
    System.arraycopy(afterText, 0, event, beforeText.length + quoted.length, afterText.length);
    return event;
  }

  /** A chunk with one choice. */
  byte[] choice(JsonBytes.Writing choice) {
    return choice(choice, null);
  }

  /** The finishing chunk, the usage chunk where one was asked for, and {@code [DONE]}. */
  byte[] ending(JsonBytes.Writing finishingChoice, Usage usage, SessionNote note) {
    ByteArrayOutputStream events = new ByteArrayOutputStream(1024);
    events.writeBytes(choice(finishingChoice, includeUsage ? null : note));
    if (includeUsage) {
      events.writeBytes(
          ServerSentEvent.of(
              JsonBytes.of(json -> {
                json.writeStartObject();
                writeHead(json);
                json.writeArrayFieldStart("choices");
                json.writeEndArray();
                usage.writeTo(json);
                note.writeTo(json);
                json.writeEndObject();
              })));
    }
    events.writeBytes(ServerSentEvent.done());
    return events.toByteArray();
  }

  private byte[] choice(JsonBytes.Writing choice, @Nullable SessionNote note) {
    return ServerSentEvent.of(
        JsonBytes.of(json -> {
          json.writeStartObject();
          writeHead(json);
          json.writeArrayFieldStart("choices");
          json.writeStartObject();
          json.writeNumberField("index", 0);
          choice.to(json);
          json.writeEndObject();
          json.writeEndArray();
          if (includeUsage) {
            json.writeNullField("usage");
          }
          if (note != null) {
            note.writeTo(json);
          }
          json.writeEndObject();
        }));
  }

  private void writeHead(JsonGenerator json) throws IOException {
    json.writeStringField("id", id);
    json.writeStringField("object", object);
    JsonBytes.writeSeconds(json, "created", created);
    json.writeStringField("model", model);
  }
}
