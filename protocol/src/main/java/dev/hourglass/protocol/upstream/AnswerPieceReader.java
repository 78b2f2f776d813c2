package dev.hourglass.protocol.upstream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a server answers, as far as the house must know it; whatever else stands there is
 * skipped. Thread-safe.
 */
public final class AnswerPieceReader {
  private final JsonFactory factory;

  /**
   * Creates a reader.
   *
   * @param mostBytes the longest text that is read
   */
  public AnswerPieceReader(int mostBytes) {
    factory =
        JsonFactory.builder()
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .streamReadConstraints(
                StreamReadConstraints.builder().maxStringLength(mostBytes).build())
            .build();
  }

  /**
   * Reads one JSON object.
   *
   * @throws IOException if it is none
   */
  public AnswerPiece read(byte[] bytes, int from, int length) throws IOException {
    try (JsonParser parser = factory.createParser(bytes, from, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no JSON object");
      }
      return new Reading(parser).object();
    }
  }

  /** The models that a list names; each with the context that it can take, 0 where not said. */
  public List<ModelEntry> models(byte[] bytes) throws IOException {
    List<ModelEntry> models = new ArrayList<>();
    try (JsonParser parser = factory.createParser(bytes)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("data") && value == JsonToken.START_ARRAY) {
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            ModelEntry.read(parser).ifPresent(models::add);
          }
        } else {
          parser.skipChildren();
        }
      }
    }
    return models;
  }

  /** One object on its way. */
  private static final class Reading {
    private final JsonParser parser;
    private String text = "";
    private List<ToolCallText> toolCalls = List.of();
    private int choices;
    private @Nullable String finishReason;
    private @Nullable UpstreamUsage usage;
    private @Nullable String error;
    private int errorStatus;

    private Reading(JsonParser parser) {
      this.parser = parser;
    }

    private AnswerPiece object() throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (name) {
          case "choices" -> {
            if (value == JsonToken.START_ARRAY) {
              choices();
            }
          }
          case "usage" -> {
            if (value == JsonToken.START_OBJECT) {
              usage();
            }
          }
          case "error" -> error();
          default -> parser.skipChildren();
        }
      }
      return new AnswerPiece(text, toolCalls, choices, finishReason, usage, error, errorStatus);
    }

    private void choices() throws IOException {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.hasToken(JsonToken.START_OBJECT)) {
          if (choices == 0) {
            choice();
          } else {
            parser.skipChildren();
          }
          choices++;
        }
      }
    }

    private void choice() throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if ((name.equals("delta") || name.equals("message")) && value == JsonToken.START_OBJECT) {
          message();
        } else if (name.equals("text") && value == JsonToken.VALUE_STRING) {
          text = parser.getText();
        } else if (name.equals("finish_reason") && value == JsonToken.VALUE_STRING) {
          finishReason = parser.getText();
        } else {
          parser.skipChildren();
        }
      }
    }

    private void message() throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("content") && value == JsonToken.VALUE_STRING) {
          text = parser.getText();
        } else if (name.equals("tool_calls") && value == JsonToken.START_ARRAY) {
          toolCalls = new ArrayList<>();
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.hasToken(JsonToken.START_OBJECT)) {
              toolCalls.add(ToolCallText.read(parser));
            }
          }
        } else {
          parser.skipChildren();
        }
      }
    }

    private void usage() throws IOException {
      int prompt = 0;
      int cached = 0;
      int completion = 0;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("prompt_tokens")) {
          prompt = count(value);
        } else if (name.equals("completion_tokens")) {
          completion = count(value);
        } else if (name.equals("prompt_tokens_details") && value == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String detail = parser.currentName();
            JsonToken number = parser.nextToken();
            if (detail.equals("cached_tokens")) {
              cached = count(number);
            } else {
              parser.skipChildren();
            }
          }
        } else {
          parser.skipChildren();
        }
      }
      usage = new UpstreamUsage(prompt, Math.min(cached, prompt), completion);
    }

    private int count(JsonToken value) throws IOException {
      if (value != JsonToken.VALUE_NUMBER_INT) {
        parser.skipChildren();
        return 0;
      }
      return Math.clamp(parser.getValueAsLong(), 0, Integer.MAX_VALUE);
    }

    private void error() throws IOException {
      if (parser.hasToken(JsonToken.VALUE_NULL)) {
        return;
      }
      error = parser.hasToken(JsonToken.VALUE_STRING) ? parser.getText() : "";
      if (!parser.hasToken(JsonToken.START_OBJECT)) {
        parser.skipChildren();
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("message") && value == JsonToken.VALUE_STRING) {
          error = parser.getText();
        } else if (name.equals("code")) {
          int code = count(value);
          errorStatus = code >= 400 && code <= 599 ? code : 0;
        } else {
          parser.skipChildren();
        }
      }
    }
  }
}
