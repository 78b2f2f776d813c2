package dev.hourglass.engine.remote;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.hourglass.core.engine.OriginalRequest;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A client's own request as it goes on: byte for byte, but for the name of the model where the
 * server knows another one, and for the wish to be told the usage of a stream.
 */
final class RelayedBody {
  private static final byte[] USAGE =
      "\"stream_options\":{\"include_usage\":true},".getBytes(StandardCharsets.US_ASCII);

  private RelayedBody() {}

  /** Whether the usage is asked for in the client's place, and so is not for the client. */
  static boolean asksForUsage(OriginalRequest request) {
    return request.streamed() && !request.options();
  }

  /**
   * The body with further members at its end, where they count more than the client's own of the
   * same name.
   *
   * @param members JSON members without braces; none if empty
   */
  static Buffer with(Buffer body, String members) {
    if (members.isEmpty()) {
      return body;
    }
    int brace = body.length() - 1;
    while (body.getByte(brace) != '}') {
      brace--;
    }
    return body.getBuffer(0, brace).appendString("," + members + "}");
  }

  static Buffer of(OriginalRequest request) {
    ByteBuffer json = request.json();
    String model = request.model();
    if (model == null && !asksForUsage(request)) {
      return append(Buffer.buffer(json.remaining()), json, 0, json.remaining());
    }
    int brace = 0;
    while (json.get(json.position() + brace) != '{') {
      brace++;
    }
    Buffer body = Buffer.buffer(json.remaining() + 128);
    append(body, json, 0, brace + 1);
    if (asksForUsage(request)) {
      body.appendBytes(USAGE);
    }
    if (model == null) {
      return append(body, json, brace + 1, json.remaining());
    }
    String name = quoted(model);
    if (request.modelFrom() < 0) {
      body.appendString("\"model\":" + name + ",");
      return append(body, json, brace + 1, json.remaining());
    }
    append(body, json, brace + 1, request.modelFrom());
    body.appendString(name);
    return append(body, json, request.modelTo(), json.remaining());
  }

  private static Buffer append(Buffer body, ByteBuffer json, int from, int to) {
    int first = json.position() + from;
    if (json.hasArray()) {
      return body.appendBytes(json.array(), json.arrayOffset() + first, to - from);
    }
    byte[] piece = new byte[to - from];
    json.get(first, piece);
    return body.appendBytes(piece);
  }

  /** The name as a JSON text. */
  private static String quoted(String name) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(name)) + '"';
  }
}
