package dev.hourglass.engine.remote;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;

/** What a server answered to a question about itself; its body is of bounded length. */
record ServerReply(int status, MultiMap headers, Buffer body) {
  boolean isOk() {
    return status == 200;
  }

  String text() {
    return body.toString(StandardCharsets.UTF_8);
  }

  /** Its JSON object; empty for anything else. */
  JsonObject object() {
    return json() instanceof JsonObject object ? object : new JsonObject();
  }

  /** Its JSON array; empty for anything else. */
  JsonArray array() {
    return json() instanceof JsonArray array ? array : new JsonArray();
  }

  private Object json() {
    try {
      return Json.decodeValue(body);
    } catch (DecodeException malformed) {
      return "";
    }
  }

  /** A whole number of an object; 0 where there is none. */
  static int count(JsonObject object, String name) {
    return object.getValue(name) instanceof Number number
        ? Math.clamp(number.longValue(), 0, Integer.MAX_VALUE)
        : 0;
  }

  /** An object within an object; empty where there is none. */
  static JsonObject object(JsonObject object, String name) {
    return object.getValue(name) instanceof JsonObject inner ? inner : new JsonObject();
  }

  /** A text of an object; empty where there is none. */
  static String text(JsonObject object, String name) {
    return object.getValue(name) instanceof String text ? text : "";
  }
}
