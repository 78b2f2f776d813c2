package dev.hourglass.protocol.response;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How likely a token of the answer was.
 *
 * @param alternatives the likeliest tokens at its place, likeliest first
 */
public record TokenProbability(Token token, List<Token> alternatives) {
  public TokenProbability {
    alternatives = List.copyOf(alternatives);
  }

  /**
   * A token and its probability.
   *
   * @param bytes 0 to 255 each; may be part of a character
   * @param logprob natural logarithm of the probability
   */
  public record Token(String text, List<Integer> bytes, double logprob) {
    // JSON has no infinity; the OpenAI API writes this for a token that cannot be.
    private static final double IMPOSSIBLE = -9999.0;

    public Token {
      bytes = List.copyOf(bytes);
      logprob = Double.isFinite(logprob) ? logprob : IMPOSSIBLE;
    }

    private void writeFieldsTo(JsonGenerator json) throws IOException {
      json.writeStringField("token", text);
      json.writeNumberField("logprob", logprob);
      json.writeArrayFieldStart("bytes");
      for (int value : bytes) {
        json.writeNumber(value);
      }
      json.writeEndArray();
    }
  }

  /** The form of chat completions: one object for each token. */
  static void writeChatForm(JsonGenerator json, List<TokenProbability> tokens) throws IOException {
    json.writeObjectFieldStart("logprobs");
    json.writeArrayFieldStart("content");
    for (TokenProbability each : tokens) {
      json.writeStartObject();
      each.token.writeFieldsTo(json);
      json.writeArrayFieldStart("top_logprobs");
      for (Token alternative : each.alternatives) {
        json.writeStartObject();
        alternative.writeFieldsTo(json);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNullField("refusal");
    json.writeEndObject();
  }

  /**
   * The form of plain completions: one array for each property.
   *
   * @param firstOffset where the first token starts in the whole answer, in characters
   */
  static void writePlainForm(JsonGenerator json, List<TokenProbability> tokens, int firstOffset)
      throws IOException {
    json.writeObjectFieldStart("logprobs");
    json.writeArrayFieldStart("tokens");
    for (TokenProbability each : tokens) {
      json.writeString(each.token.text);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("token_logprobs");
    for (TokenProbability each : tokens) {
      json.writeNumber(each.token.logprob);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("top_logprobs");
    for (TokenProbability each : tokens) {
      json.writeStartObject();
      for (Token alternative : distinctTexts(each.alternatives)) {
        json.writeNumberField(alternative.text, alternative.logprob);
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("text_offset");
    int offset = firstOffset;
    for (TokenProbability each : tokens) {
      json.writeNumber(offset);
      offset += each.token.text.length();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Tokens that are different parts of characters all read U+FFFD; the likeliest stands. */
  private static List<Token> distinctTexts(List<Token> tokens) {
    Set<String> seen = new HashSet<>();
    return tokens.stream().filter(token -> seen.add(token.text)).toList();
  }
}
