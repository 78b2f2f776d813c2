package dev.hourglass.protocol.request;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.hourglass.protocol.request.InvalidRequest.Code;
import dev.hourglass.protocol.upstream.ToolCallText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a chat request what the house must know, and leaves everything else to the server that
 * it is passed on to. One pass over the bytes.
 */
final class RelayedChatReader {
  private final byte[] body;
  private final JsonParser parser;
  private final RequestLimits limits;

  private @Nullable String model;
  private int modelFrom = -1;
  private int modelTo = -1;
  private @Nullable List<Message> messages;
  private boolean stream;
  private boolean options;
  private boolean usageAsked;
  private @Nullable Integer maxTokens;
  private @Nullable String cacheSalt;

  RelayedChatReader(byte[] body, JsonParser parser, RequestLimits limits) {
    this.body = body;
    this.parser = parser;
    this.limits = limits;
  }

  /** Reads the object whose start is the current token. */
  RelayedChat read() throws IOException, InvalidRequest {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "model" -> readModel();
        case "messages" -> readMessages();
        case "stream" -> stream = bool("stream");
        case "stream_options" -> readOptions();
        case "max_tokens", "max_completion_tokens" -> readMaxTokens();
        case "cache_salt" -> readCacheSalt();
        default -> parser.skipChildren();
      }
    }
    if (messages == null || messages.isEmpty()) {
      throw new InvalidRequest(
          "messages: none (expected: at least one message)", "messages", Code.MISSING_PARAMETER);
    }
    return new RelayedChat(
        model, modelFrom, modelTo, messages, stream, options, usageAsked, maxTokens, cacheSalt);
  }

  private void readModel() throws IOException, InvalidRequest {
    if (parser.hasToken(JsonToken.VALUE_NULL)) {
      modelFrom = tokenFrom();
      modelTo = position();
      return;
    }
    if (!parser.hasToken(JsonToken.VALUE_STRING)) {
      throw wrongType("model", "a text");
    }
    if (model != null) {
      throw twice("model");
    }
    modelFrom = tokenFrom();
    model = parser.getText();
    modelTo = position();
    if (model.length() > GenerationFields.MODEL_CHARACTERS) {
      throw new InvalidRequest(
          "model: "
              + model.length()
              + " characters (expected: at most "
              + GenerationFields.MODEL_CHARACTERS
              + ")",
          "model",
          Code.TOO_LONG);
    }
  }

  private void readOptions() throws IOException, InvalidRequest {
    if (parser.hasToken(JsonToken.VALUE_NULL)) {
      return;
    }
    if (!parser.hasToken(JsonToken.START_OBJECT)) {
      throw wrongType("stream_options", "an object");
    }
    options = true;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals("include_usage")) {
        usageAsked = bool("stream_options.include_usage");
      } else {
        parser.skipChildren();
      }
    }
  }

  private void readMaxTokens() throws IOException {
    if (parser.hasToken(JsonToken.VALUE_NUMBER_INT)
        && parser.getNumberType() == JsonParser.NumberType.INT) {
      maxTokens = Math.max(1, parser.getIntValue());
    } else {
      parser.skipChildren();
    }
  }

  private void readCacheSalt() throws IOException {
    if (parser.hasToken(JsonToken.VALUE_STRING)) {
      cacheSalt = parser.getText();
    } else {
      parser.skipChildren();
    }
  }

  private boolean bool(String name) throws InvalidRequest {
    return switch (parser.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE, VALUE_NULL -> false;
      default -> throw wrongType(name, "true or false");
    };
  }

  private void readMessages() throws IOException, InvalidRequest {
    if (!parser.hasToken(JsonToken.START_ARRAY)) {
      throw wrongType("messages", "an array");
    }
    if (messages != null) {
      throw twice("messages");
    }
    List<Message> read = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (read.size() == limits.messages()) {
        throw new InvalidRequest(
            "messages: more than "
                + limits.messages()
                + " (expected: at most "
                + limits.messages()
                + ")",
            "messages",
            Code.TOO_MANY);
      }
      if (!parser.hasToken(JsonToken.START_OBJECT)) {
        throw wrongType("messages[" + read.size() + "]", "an object");
      }
      read.add(readMessage(read.size()));
    }
    messages = read;
  }

  private Message readMessage(int index) throws IOException, InvalidRequest {
    @Nullable String role = null;
    String content = "";
    @Nullable StringBuilder rest = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "role" -> {
          if (!parser.hasToken(JsonToken.VALUE_STRING)) {
            throw wrongType("messages[" + index + "].role", "a text");
          }
          role = parser.getText();
        }
        case "content" -> content = readContent();
        case "tool_calls" -> {
          rest = rest == null ? new StringBuilder() : rest;
          readToolCalls(rest);
        }
        // Says whom an answer of a tool is for.
        case "tool_call_id", "name" -> {
          if (parser.hasToken(JsonToken.VALUE_STRING)) {
            rest = rest == null ? new StringBuilder() : rest;
            rest.append(name).append('=').append(parser.getText()).append('\n');
          } else {
            parser.skipChildren();
          }
        }
        default -> parser.skipChildren();
      }
    }
    if (role == null) {
      throw new InvalidRequest(
          "messages[" + index + "].role: none (expected: a text)",
          "messages[" + index + "].role",
          Code.MISSING_PARAMETER);
    }
    String text = rest == null ? content : content + rest;
    return switch (role) {
      case "user" -> new Message(Role.USER, text);
      case "assistant" -> new Message(Role.ASSISTANT, text);
      case "system" -> new Message(Role.SYSTEM, text);
      case "developer" -> new Message(Role.DEVELOPER, text);
      // What else there is, such as a tool's answer, comes from the client's side too.
      default -> new Message(Role.USER, role + '\n' + text);
    };
  }

  private String readContent() throws IOException {
    if (parser.hasToken(JsonToken.VALUE_STRING)) {
      return parser.getText();
    }
    if (!parser.hasToken(JsonToken.START_ARRAY)) {
      return parser.hasToken(JsonToken.VALUE_NULL) ? "" : verbatim();
    }
    StringBuilder joined = new StringBuilder();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!joined.isEmpty()) {
        joined.append('\n');
      }
      joined.append(verbatim());
    }
    return joined.toString();
  }

  private void readToolCalls(StringBuilder calls) throws IOException {
    if (!parser.hasToken(JsonToken.START_ARRAY)) {
      parser.skipChildren();
      return;
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.hasToken(JsonToken.START_OBJECT)) {
        ToolCallText call = ToolCallText.read(parser);
        call.appendTo(calls);
      } else {
        parser.skipChildren();
      }
    }
  }

  /** The current value as it stands in the body. */
  private String verbatim() throws IOException {
    int from = tokenFrom();
    parser.skipChildren();
    return new String(body, from, position() - from, StandardCharsets.UTF_8);
  }

  private int tokenFrom() {
    return (int) parser.currentTokenLocation().getByteOffset();
  }

  /** Behind the current token, once it was read to its end. */
  private int position() throws IOException {
    parser.finishToken();
    return (int) parser.currentLocation().getByteOffset();
  }

  private static InvalidRequest wrongType(String name, String expected) {
    return new InvalidRequest(
        name + ": another type (expected: " + expected + ")", name, Code.INVALID_TYPE);
  }

  private static InvalidRequest twice(String name) {
    return new InvalidRequest(name + ": twice (expected: once)", name, Code.INVALID_JSON);
  }
}
