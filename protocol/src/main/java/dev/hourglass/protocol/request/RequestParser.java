package dev.hourglass.protocol.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.hourglass.protocol.request.InvalidRequest.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies strictly: every parameter is honoured, known to be without effect, or
 * refused by name. Thread-safe.
 *
 * <p>Parsing streams over the bytes as they came from the network; the only copies are the texts
 * that end up in the request. An explicit {@code null} means the same as a parameter left out.
 */
public final class RequestParser {
  private static final int NAME_CHARACTERS = 256;
  private static final int NUMBER_CHARACTERS = 256;
  private static final int METADATA_ENTRIES = 16;
  private static final int METADATA_NAME_CHARACTERS = 64;
  private static final int METADATA_VALUE_CHARACTERS = 512;

  private final RequestLimits limits;
  private final JsonFactory factory;

  /** Without a look for names that stand twice: those that matter are looked for by name. */
  private final JsonFactory relayed;

  public RequestParser(RequestLimits limits) {
    this.limits = limits;
    this.factory =
        JsonFactory.builder()
            // UTF-8 is the only encoding of JSON between systems (RFC 8259); no guessing.
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            // Colliding names must not fail the requests of others: the table is shared.
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(limits.nestingDepth())
                    .maxNameLength(NAME_CHARACTERS)
                    .maxNumberLength(NUMBER_CHARACTERS)
                    .maxStringLength(limits.bodyBytes())
                    .build())
            .build();
    this.relayed = factory.rebuild().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  }

  /** Reads the body of {@code POST /v1/chat/completions}. */
  public ChatCompletionRequest chatCompletion(byte[] body) throws InvalidRequest {
    return parse(body, this::readChatCompletion);
  }

  /** Reads the body of {@code POST /v1/completions}. */
  public CompletionRequest completion(byte[] body) throws InvalidRequest {
    return parse(body, this::readCompletion);
  }

  /** Reads the body of {@code POST /v1/sessions}, which may be empty. */
  public CreateSessionRequest createSession(byte[] body) throws InvalidRequest {
    if (body.length == 0) {
      return new CreateSessionRequest(null, null, Map.of(), List.of());
    }
    return parse(body, this::readCreateSession);
  }

  /** Reads the body of {@code POST /v1/reservations}. */
  public CreateReservationRequest createReservation(byte[] body) throws InvalidRequest {
    return parse(body, ReservationFields::read);
  }

  /**
   * Reads the body of {@code POST /v1/reservations/{id}/confirm}, which may be empty.
   *
   * @return the fence that the client was told; empty where it names none
   */
  public OptionalLong confirmReservation(byte[] body) throws InvalidRequest {
    return body.length == 0 ? OptionalLong.empty() : parse(body, ReservationFields::readFence);
  }

  /**
   * Reads a chat request that is passed on to a server which knows what else may stand in it: only
   * what the house must know is looked at.
   */
  public RelayedChat relayedChat(byte[] body) throws InvalidRequest {
    return parse(relayed, body, reader -> reader.relayed(body, limits));
  }

  /**
   * Reads the body of {@code POST /v1/embeddings}.
   *
   * @param mostTexts of one request
   * @param mostCharacters of all its texts
   */
  public EmbeddingRequest embedding(byte[] body, int mostTexts, int mostCharacters)
      throws InvalidRequest {
    return parse(body, reader -> EmbeddingFields.read(reader, mostTexts, mostCharacters));
  }

  private interface Reading<T> {
    T read(StrictReader reader) throws IOException, InvalidRequest;
  }

  private <T> T parse(byte[] body, Reading<T> reading) throws InvalidRequest {
    return parse(factory, body, reading);
  }

  private <T> T parse(JsonFactory factory, byte[] body, Reading<T> reading) throws InvalidRequest {
    requireReadable(body);
    try (JsonParser parser = factory.createParser(body)) {
      StrictReader reader = new StrictReader(factory, parser);
      reader.next();
      reader.requireObject();
      T request = reading.read(reader);
      if (!reader.atEnd()) {
        throw reader.malformed();
      }
      return request;
    } catch (StrictReader.MalformedJson malformed) {
      throw new InvalidRequest(String.valueOf(malformed.getMessage()), null, Code.INVALID_JSON);
    } catch (StreamConstraintsException beyond) {
      throw new InvalidRequest(
          "body: beyond a limit"
              + place(beyond)
              + " (expected: at most "
              + limits.nestingDepth()
              + " levels of nesting, names and numbers of at most "
              + NAME_CHARACTERS
              + " characters)",
          null,
          Code.INVALID_JSON);
    } catch (JsonProcessingException malformed) {
      // The parser's own message may quote the text around the fault; ours must not.
      String fault =
          malformed.getOriginalMessage().startsWith("Duplicate")
              ? "a name that stands twice in one object"
              : "malformed JSON";
      throw new InvalidRequest(
          "body: " + fault + place(malformed) + " (expected: one JSON object)",
          null,
          Code.INVALID_JSON);
    } catch (IOException impossible) {
      throw new IllegalStateException("reading from memory failed", impossible);
    }
  }

  private void requireReadable(byte[] body) throws InvalidRequest {
    if (body.length == 0) {
      throw new InvalidRequest("body: empty (expected: a JSON object)", null, Code.INVALID_JSON);
    }
    if (body.length > limits.bodyBytes()) {
      throw new InvalidRequest(
          "body: " + body.length + " bytes (expected: at most " + limits.bodyBytes() + ")",
          null,
          Code.TOO_LONG);
    }
    int malformed = Utf8.firstMalformed(body, 0, body.length);
    if (malformed >= 0) {
      throw new InvalidRequest(
          "body: byte " + malformed + " is not part of a character (expected: UTF-8)",
          null,
          Code.INVALID_JSON);
    }
  }

  private static String place(JsonProcessingException trouble) {
    var location = trouble.getLocation();
    return location == null
        ? ""
        : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  private ChatCompletionRequest readChatCompletion(StrictReader reader)
      throws IOException, InvalidRequest {
    GenerationFields fields = new GenerationFields();
    List<Message> messages = List.of();
    @Nullable Boolean logprobs = null;
    @Nullable Integer topLogprobs = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "messages" -> messages = readMessages(reader);
        case "logprobs" -> logprobs = reader.isNull() ? null : Boolean.valueOf(reader.bool());
        case "top_logprobs" ->
            topLogprobs = reader.isNull() ? null : Integer.valueOf(reader.integer(0, 20));
        case "tools", "functions", "web_search_options" -> requireAbsent(reader);
        case "tool_choice", "function_call" -> requireWord(reader, "none");
        case "parallel_tool_calls" -> acceptBoolean(reader);
        case "modalities" -> requireTextOnly(reader);
        case "audio", "prediction" -> requireAbsent(reader);
        case "reasoning_effort" -> requireWord(reader, "none");
        case "verbosity" -> requireWord(reader, "medium");
        default -> fields.read(name, reader);
      }
    }
    if (messages.isEmpty()) {
      throw new InvalidRequest(
          "messages: none (expected: at least one message)", "messages", Code.MISSING_PARAMETER);
    }
    if (topLogprobs != null && (logprobs == null || !logprobs)) {
      throw new InvalidRequest(
          "top_logprobs: given without logprobs (expected: logprobs is true)",
          "top_logprobs",
          Code.INVALID_VALUE);
    }
    if (logprobs != null && logprobs && topLogprobs == null) {
      topLogprobs = 0;
    }
    fields.requireConsistent();
    return new ChatCompletionRequest(
        fields.model(),
        messages,
        fields.stream(),
        fields.includeUsage(),
        fields.maxTokens(),
        fields.sampling(topLogprobs));
  }

  private CompletionRequest readCompletion(StrictReader reader) throws IOException, InvalidRequest {
    GenerationFields fields = new GenerationFields();
    @Nullable String prompt = null;
    @Nullable Integer topLogprobs = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "prompt" -> prompt = readPrompt(reader);
        case "logprobs" ->
            topLogprobs = reader.isNull() ? null : Integer.valueOf(reader.integer(0, 20));
        case "best_of" -> GenerationFields.requireOne(reader);
        case "echo" -> GenerationFields.requireFalse(reader);
        case "suffix" -> requireAbsent(reader);
        default -> fields.read(name, reader);
      }
    }
    if (prompt == null) {
      throw new InvalidRequest("prompt: none (expected: a text)", "prompt", Code.MISSING_PARAMETER);
    }
    fields.requireConsistent();
    return new CompletionRequest(
        fields.model(),
        prompt,
        fields.stream(),
        fields.includeUsage(),
        fields.maxTokens(),
        fields.sampling(topLogprobs));
  }

  private CreateSessionRequest readCreateSession(StrictReader reader)
      throws IOException, InvalidRequest {
    @Nullable String model = null;
    @Nullable Integer ttlSeconds = null;
    Map<String, String> metadata = Map.of();
    @Nullable String system = null;
    List<Message> messages = List.of();
    while (reader.nextField()) {
      String name = reader.fieldName();
      if (reader.isNull()) {
        requireSessionParameter(name, reader);
        continue;
      }
      switch (name) {
        case "model" -> model = reader.text(GenerationFields.MODEL_CHARACTERS);
        case "ttl_seconds" -> ttlSeconds = reader.integer(1, Integer.MAX_VALUE);
        case "metadata" -> metadata = readMetadata(reader);
        case "system" -> system = reader.text();
        case "messages" -> messages = readMessages(reader);
        default -> requireSessionParameter(name, reader);
      }
    }
    if (system == null) {
      return new CreateSessionRequest(model, ttlSeconds, metadata, messages);
    }
    List<Message> withSystem = new ArrayList<>(messages.size() + 1);
    withSystem.add(new Message(Role.SYSTEM, system));
    withSystem.addAll(messages);
    return new CreateSessionRequest(model, ttlSeconds, metadata, withSystem);
  }

  private static void requireSessionParameter(String name, StrictReader reader)
      throws InvalidRequest {
    switch (name) {
      case "model", "ttl_seconds", "metadata", "system", "messages" -> {}
      default -> throw GenerationFields.unknown(name, reader);
    }
  }

  private List<Message> readMessages(StrictReader reader) throws IOException, InvalidRequest {
    reader.requireArray();
    List<Message> messages = new ArrayList<>();
    while (reader.nextElement()) {
      if (messages.size() == limits.messages()) {
        throw new InvalidRequest(
            "messages: more than "
                + limits.messages()
                + " (expected: at most "
                + limits.messages()
                + ")",
            "messages",
            Code.TOO_MANY);
      }
      messages.add(readMessage(reader));
    }
    return messages;
  }

  private static Message readMessage(StrictReader reader) throws IOException, InvalidRequest {
    reader.requireObject();
    @Nullable Role role = null;
    @Nullable String content = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "role" -> role = readRole(reader);
        case "content" -> content = readContent(reader);
        // SDKs send an answer back as they got it, with these fields null or empty.
        case "refusal", "name", "tool_calls", "function_call", "tool_call_id", "audio" ->
            requireAbsent(reader);
        case "annotations" -> requireAbsent(reader);
        default -> throw GenerationFields.unknown(name, reader);
      }
    }
    if (role == null) {
      throw missing(reader, "role", "system, developer, user or assistant");
    }
    if (content == null) {
      throw missing(reader, "content", "a text or an array of text parts");
    }
    return new Message(role, content);
  }

  private static Role readRole(StrictReader reader) throws IOException, InvalidRequest {
    String role = reader.text("system, developer, user or assistant");
    return switch (role) {
      case "user" -> Role.USER;
      case "assistant" -> Role.ASSISTANT;
      case "system" -> Role.SYSTEM;
      case "developer" -> Role.DEVELOPER;
      case "tool", "function" ->
          throw new InvalidRequest(
              reader.where()
                  + ": "
                  + StrictReader.quoted(role)
                  + " is not supported (expected: system, developer, user or assistant)",
              reader.where(),
              Code.UNSUPPORTED_VALUE);
      default -> throw reader.unknownWord(role, "system, developer, user or assistant");
    };
  }

  private static String readContent(StrictReader reader) throws IOException, InvalidRequest {
    if (!reader.isArray()) {
      return reader.text("a text or an array of text parts");
    }
    @Nullable StringBuilder joined = null;
    while (reader.nextElement()) {
      String part = readPart(reader);
      if (joined == null) {
        joined = new StringBuilder(part);
      } else {
        joined.append('\n').append(part);
      }
    }
    if (joined == null) {
      throw new InvalidRequest(
          reader.where() + ": no parts (expected: at least one text part)",
          reader.where(),
          Code.INVALID_VALUE);
    }
    return joined.toString();
  }

  private static String readPart(StrictReader reader) throws IOException, InvalidRequest {
    reader.requireObject();
    @Nullable String type = null;
    @Nullable String text = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "type" -> {
          type = reader.text();
          if (!type.equals("text")) {
            throw new InvalidRequest(
                reader.where()
                    + ": "
                    + StrictReader.quoted(type)
                    + " parts are not supported (expected: text)",
                reader.where(),
                Code.UNSUPPORTED_VALUE);
          }
        }
        case "text" -> text = reader.text();
        case "image_url", "input_audio", "file", "refusal" -> requireAbsent(reader);
        default -> throw GenerationFields.unknown(name, reader);
      }
    }
    if (type == null) {
      throw missing(reader, "type", "text");
    }
    if (text == null) {
      throw missing(reader, "text", "a text");
    }
    return text;
  }

  private static String readPrompt(StrictReader reader) throws IOException, InvalidRequest {
    if (!reader.isArray()) {
      return reader.text("a text");
    }
    @Nullable String prompt = null;
    while (reader.nextElement()) {
      if (!reader.isText() || prompt != null) {
        throw new InvalidRequest(
            "prompt: several texts or token ids are not supported (expected: one text)",
            "prompt",
            Code.UNSUPPORTED_VALUE);
      }
      prompt = reader.text();
    }
    if (prompt == null) {
      throw new InvalidRequest(
          "prompt: an empty array (expected: one text)", "prompt", Code.INVALID_VALUE);
    }
    return prompt;
  }

  static Map<String, String> readMetadata(StrictReader reader) throws IOException, InvalidRequest {
    reader.requireObject();
    Map<String, String> metadata = new LinkedHashMap<>();
    while (reader.nextField()) {
      String name = reader.fieldName();
      if (metadata.size() == METADATA_ENTRIES) {
        throw new InvalidRequest(
            "metadata: more than "
                + METADATA_ENTRIES
                + " entries (expected: at most "
                + METADATA_ENTRIES
                + ")",
            "metadata",
            Code.TOO_MANY);
      }
      if (name.length() > METADATA_NAME_CHARACTERS) {
        throw new InvalidRequest(
            "metadata: a name of "
                + name.length()
                + " characters (expected: at most "
                + METADATA_NAME_CHARACTERS
                + ")",
            "metadata",
            Code.TOO_LONG);
      }
      metadata.put(reader.wholeCharacters(name), reader.text(METADATA_VALUE_CHARACTERS));
    }
    return metadata;
  }

  private static void requireTextOnly(StrictReader reader) throws IOException, InvalidRequest {
    if (reader.isNull()) {
      return;
    }
    reader.requireArray();
    while (reader.nextElement()) {
      String modality = reader.text();
      if (!modality.equals("text")) {
        throw new InvalidRequest(
            "modalities: "
                + StrictReader.quoted(modality)
                + " is not supported (expected: [\"text\"])",
            "modalities",
            Code.UNSUPPORTED_VALUE);
      }
    }
  }

  private static void acceptBoolean(StrictReader reader) throws InvalidRequest {
    if (!reader.isNull()) {
      reader.bool();
    }
  }

  private static void requireWord(StrictReader reader, String only)
      throws IOException, InvalidRequest {
    if (reader.isNull() || (reader.isText() && reader.text().equals(only))) {
      return;
    }
    throw new InvalidRequest(
        reader.where() + ": not supported by this engine (expected: " + only + ", or nothing)",
        reader.where(),
        Code.UNSUPPORTED_PARAMETER);
  }

  private static void requireAbsent(StrictReader reader) throws IOException, InvalidRequest {
    String where = reader.where();
    if (reader.isNull() || reader.skipIfEmptyStructure()) {
      return;
    }
    throw new InvalidRequest(
        where + ": not supported by this engine (expected: nothing)",
        where,
        Code.UNSUPPORTED_PARAMETER);
  }

  static InvalidRequest missing(StrictReader reader, String field, String expectation) {
    String where = reader.where(field);
    return new InvalidRequest(
        where + ": missing (expected: " + expectation + ")", where, Code.MISSING_PARAMETER);
  }
}
