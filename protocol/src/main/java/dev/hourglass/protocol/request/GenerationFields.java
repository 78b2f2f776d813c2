package dev.hourglass.protocol.request;

import dev.hourglass.protocol.request.InvalidRequest.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The parameters that chat and plain completions share, while a body is being read. */
final class GenerationFields {
  static final int MODEL_CHARACTERS = 256;
  private static final int STOP_TEXTS = 16;
  private static final int STOP_CHARACTERS = 1_000;
  private static final int BIASED_TOKENS = 4_096;
  private static final int WORD_CHARACTERS = 512;

  private @Nullable String model;
  private @Nullable Boolean stream;
  private boolean streamOptions;
  private @Nullable Boolean includeUsage;
  private @Nullable Integer maxTokens;
  private @Nullable Integer maxCompletionTokens;
  private @Nullable Double temperature;
  private @Nullable Double topP;
  private @Nullable Integer topK;
  private @Nullable Double minP;
  private @Nullable Double frequencyPenalty;
  private @Nullable Double presencePenalty;
  private @Nullable Double repeatPenalty;
  private @Nullable Long seed;
  private List<String> stop = List.of();
  private Map<Integer, Double> logitBias = Map.of();
  private @Nullable ResponseFormat format;
  private @Nullable String grammar;

  /** Reads the value of one field, which is current. */
  void read(String name, StrictReader reader) throws IOException, InvalidRequest {
    boolean given = !reader.isNull();
    switch (name) {
      case "model" -> model = given ? reader.text(MODEL_CHARACTERS) : null;
      case "stream" -> stream = given ? Boolean.valueOf(reader.bool()) : null;
      case "stream_options" -> {
        streamOptions = given;
        if (given) {
          readStreamOptions(reader);
        }
      }
      case "max_tokens" ->
          maxTokens = given ? Integer.valueOf(reader.integer(1, Integer.MAX_VALUE)) : null;
      case "max_completion_tokens" ->
          maxCompletionTokens =
              given ? Integer.valueOf(reader.integer(1, Integer.MAX_VALUE)) : null;
      case "temperature" -> temperature = given ? Double.valueOf(reader.decimal(0, 2)) : null;
      case "top_p" -> topP = given ? Double.valueOf(reader.positiveDecimal(1)) : null;
      case "top_k" -> topK = given ? Integer.valueOf(reader.integer(0, Integer.MAX_VALUE)) : null;
      case "min_p" -> minP = given ? Double.valueOf(reader.decimal(0, 1)) : null;
      case "frequency_penalty" ->
          frequencyPenalty = given ? Double.valueOf(reader.decimal(-2, 2)) : null;
      case "presence_penalty" ->
          presencePenalty = given ? Double.valueOf(reader.decimal(-2, 2)) : null;
      case "repeat_penalty" ->
          repeatPenalty = given ? Double.valueOf(reader.positiveDecimal(10)) : null;
      case "seed" ->
          seed = given ? Long.valueOf(reader.wholeNumber(Long.MIN_VALUE, Long.MAX_VALUE)) : null;
      case "stop" -> stop = given ? readStop(reader) : List.of();
      case "logit_bias" -> logitBias = given ? readLogitBias(reader) : Map.of();
      case "response_format" -> format = given ? readFormat(reader) : null;
      case "grammar" -> grammar = given ? requireNotEmpty(reader.text(), reader) : null;
      case "n" -> requireOne(reader);
      case "store" -> requireFalse(reader);
      case "user", "safety_identifier", "prompt_cache_key" -> {
        if (given) {
          reader.text(WORD_CHARACTERS);
        }
      }
      case "metadata" -> {
        if (given) {
          RequestParser.readMetadata(reader);
        }
      }
      case "service_tier" -> {
        if (given) {
          requireStandardTier(reader);
        }
      }
      default -> throw unknown(name, reader);
    }
  }

  /** Refuses parameters that contradict each other. */
  void requireConsistent() throws InvalidRequest {
    if (streamOptions && !stream()) {
      throw new InvalidRequest(
          "stream_options: given without stream (expected: stream is true)",
          "stream_options",
          Code.INVALID_VALUE);
    }
    if (maxTokens != null
        && maxCompletionTokens != null
        && !Objects.equals(maxTokens, maxCompletionTokens)) {
      throw new InvalidRequest(
          "max_completion_tokens: "
              + maxCompletionTokens
              + " (expected: the same as max_tokens, "
              + maxTokens
              + ", or one of the two alone)",
          "max_completion_tokens",
          Code.INVALID_VALUE);
    }
    if (grammar != null && format != null && !(format instanceof ResponseFormat.Text)) {
      throw new InvalidRequest(
          "grammar: given beside response_format (expected: one of the two)",
          "grammar",
          Code.INVALID_VALUE);
    }
  }

  @Nullable String model() {
    return model;
  }

  boolean stream() {
    return stream != null && stream;
  }

  boolean includeUsage() {
    return includeUsage != null && includeUsage;
  }

  @Nullable Integer maxTokens() {
    return maxCompletionTokens != null ? maxCompletionTokens : maxTokens;
  }

  SamplingParameters sampling(@Nullable Integer topLogprobs) {
    return new SamplingParameters(
        temperature,
        topP,
        topK,
        minP,
        frequencyPenalty,
        presencePenalty,
        repeatPenalty,
        seed,
        stop,
        logitBias,
        topLogprobs,
        grammar != null
            ? new ResponseFormat.Grammar(grammar)
            : format != null ? format : new ResponseFormat.Text());
  }

  static InvalidRequest unknown(String name, StrictReader reader) {
    String where = reader.where();
    return new InvalidRequest(
        where + ": unknown parameter (expected: a documented one)", where, Code.UNKNOWN_PARAMETER);
  }

  static void requireOne(StrictReader reader) throws IOException, InvalidRequest {
    if (reader.isNull()) {
      return;
    }
    int answers = reader.integer(1, Integer.MAX_VALUE);
    if (answers != 1) {
      throw new InvalidRequest(
          reader.where() + ": " + answers + " is not supported (expected: 1)",
          reader.where(),
          Code.UNSUPPORTED_VALUE);
    }
  }

  static void requireFalse(StrictReader reader) throws InvalidRequest {
    if (!reader.isNull() && reader.bool()) {
      throw new InvalidRequest(
          reader.where() + ": true is not supported (expected: false)",
          reader.where(),
          Code.UNSUPPORTED_VALUE);
    }
  }

  private static void requireStandardTier(StrictReader reader) throws IOException, InvalidRequest {
    String tier = reader.text();
    if (!tier.equals("auto") && !tier.equals("default")) {
      throw new InvalidRequest(
          "service_tier: "
              + StrictReader.quoted(tier)
              + " is not supported (expected: auto or default)",
          "service_tier",
          Code.UNSUPPORTED_VALUE);
    }
  }

  private void readStreamOptions(StrictReader reader) throws IOException, InvalidRequest {
    reader.requireObject();
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "include_usage" ->
            includeUsage = reader.isNull() ? null : Boolean.valueOf(reader.bool());
        case "include_obfuscation" -> requireFalse(reader);
        default -> throw unknown(name, reader);
      }
    }
  }

  private static List<String> readStop(StrictReader reader) throws IOException, InvalidRequest {
    if (!reader.isArray()) {
      reader.requireText("a text or an array of texts");
      return List.of(requireNotEmpty(reader.text(STOP_CHARACTERS), reader));
    }
    List<String> stop = new ArrayList<>();
    while (reader.nextElement()) {
      if (stop.size() == STOP_TEXTS) {
        throw new InvalidRequest(
            "stop: more than " + STOP_TEXTS + " texts (expected: at most " + STOP_TEXTS + ")",
            "stop",
            Code.TOO_MANY);
      }
      stop.add(requireNotEmpty(reader.text(STOP_CHARACTERS), reader));
    }
    return stop;
  }

  private static String requireNotEmpty(String text, StrictReader reader) throws InvalidRequest {
    if (text.isEmpty()) {
      throw new InvalidRequest(
          reader.where() + ": empty text (expected: at least one character)",
          reader.where(),
          Code.INVALID_VALUE);
    }
    return text;
  }

  private static Map<Integer, Double> readLogitBias(StrictReader reader)
      throws IOException, InvalidRequest {
    reader.requireObject();
    Map<Integer, Double> biases = new LinkedHashMap<>();
    while (reader.nextField()) {
      String token = reader.fieldName();
      if (biases.size() == BIASED_TOKENS) {
        throw new InvalidRequest(
            "logit_bias: more than "
                + BIASED_TOKENS
                + " tokens (expected: at most "
                + BIASED_TOKENS
                + ")",
            "logit_bias",
            Code.TOO_MANY);
      }
      biases.put(tokenId(token), reader.decimal(-100, 100));
    }
    return biases;
  }

  private static int tokenId(String name) throws InvalidRequest {
    try {
      int token = Integer.parseInt(name);
      if (token >= 0) {
        return token;
      }
    } catch (NumberFormatException notANumber) {
      // Told below, together with negative numbers.
    }
    throw new InvalidRequest(
        "logit_bias: the name "
            + StrictReader.quoted(name)
            + " (expected: a token id from 0 to "
            + Integer.MAX_VALUE
            + ")",
        "logit_bias",
        Code.INVALID_VALUE);
  }

  private static ResponseFormat readFormat(StrictReader reader) throws IOException, InvalidRequest {
    reader.requireObject();
    @Nullable String type = null;
    @Nullable String schema = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "type" -> type = reader.text();
        case "json_schema" -> schema = reader.isNull() ? null : readNamedSchema(reader);
        default -> throw unknown(name, reader);
      }
    }
    if (type == null) {
      throw new InvalidRequest(
          "response_format.type: missing (expected: text, json_object or json_schema)",
          "response_format.type",
          Code.MISSING_PARAMETER);
    }
    return switch (type) {
      case "text" -> new ResponseFormat.Text();
      case "json_object" -> new ResponseFormat.JsonObject();
      case "json_schema" -> {
        if (schema == null) {
          throw new InvalidRequest(
              "response_format.json_schema: missing (expected: an object with a schema)",
              "response_format.json_schema",
              Code.MISSING_PARAMETER);
        }
        yield new ResponseFormat.JsonSchema(schema);
      }
      default ->
          throw new InvalidRequest(
              "response_format.type: "
                  + StrictReader.quoted(type)
                  + " (expected: text, json_object or json_schema)",
              "response_format.type",
              Code.INVALID_VALUE);
    };
  }

  private static String readNamedSchema(StrictReader reader) throws IOException, InvalidRequest {
    reader.requireObject();
    @Nullable String schema = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "name", "description" -> {
          if (!reader.isNull()) {
            reader.text();
          }
        }
        case "strict" -> {
          if (!reader.isNull()) {
            reader.bool();
          }
        }
        case "schema" -> {
          reader.requireObject();
          schema = reader.json();
        }
        default -> throw unknown(name, reader);
      }
    }
    if (schema == null) {
      throw new InvalidRequest(
          "response_format.json_schema.schema: missing (expected: a JSON schema)",
          "response_format.json_schema.schema",
          Code.MISSING_PARAMETER);
    }
    return schema;
  }
}
