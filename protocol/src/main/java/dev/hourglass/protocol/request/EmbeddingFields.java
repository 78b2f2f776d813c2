package dev.hourglass.protocol.request;

import dev.hourglass.protocol.request.EmbeddingRequest.Encoding;
import dev.hourglass.protocol.request.InvalidRequest.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields of a request for embeddings. */
final class EmbeddingFields {
  private static final String INPUT = "a text or an array of texts";
  private static final int MOST_DIMENSIONS = 1 << 20;
  private static final int USER_CHARACTERS = 512;

  private final int mostTexts;
  private final int mostCharacters;
  private int characters;

  private EmbeddingFields(int mostTexts, int mostCharacters) {
    this.mostTexts = mostTexts;
    this.mostCharacters = mostCharacters;
  }

  static EmbeddingRequest read(StrictReader reader, int mostTexts, int mostCharacters)
      throws IOException, InvalidRequest {
    return new EmbeddingFields(mostTexts, mostCharacters).read(reader);
  }

  private EmbeddingRequest read(StrictReader reader) throws IOException, InvalidRequest {
    @Nullable String model = null;
    List<String> input = List.of();
    Encoding encoding = Encoding.FLOAT;
    @Nullable Integer dimensions = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "model" ->
            model = reader.isNull() ? null : reader.text(GenerationFields.MODEL_CHARACTERS);
        case "input" -> input = input(reader);
        case "encoding_format" -> encoding = reader.isNull() ? Encoding.FLOAT : encoding(reader);
        case "dimensions" ->
            dimensions =
                reader.isNull() ? null : Integer.valueOf(reader.integer(1, MOST_DIMENSIONS));
        // Whose request it is changes nothing here.
        case "user" -> {
          if (!reader.isNull()) {
            reader.text(USER_CHARACTERS);
          }
        }
        default -> throw GenerationFields.unknown(name, reader);
      }
    }
    if (input.isEmpty()) {
      throw RequestParser.missing(reader, "input", INPUT);
    }
    return new EmbeddingRequest(model, input, encoding, dimensions);
  }

  private List<String> input(StrictReader reader) throws IOException, InvalidRequest {
    if (!reader.isArray()) {
      return List.of(text(reader));
    }
    List<String> texts = new ArrayList<>();
    while (reader.nextElement()) {
      if (texts.size() == mostTexts) {
        throw new InvalidRequest(
            "input: more texts than that (expected: at most " + mostTexts + ")",
            "input",
            Code.TOO_MANY);
      }
      texts.add(text(reader));
    }
    return texts;
  }

  private String text(StrictReader reader) throws IOException, InvalidRequest {
    String text = reader.text(INPUT + "; token ids are those of other models");
    if (text.isBlank()) {
      throw new InvalidRequest(
          reader.where() + ": blank (expected: a text that says something)",
          reader.where(),
          Code.INVALID_VALUE);
    }
    characters += text.length();
    if (characters > mostCharacters) {
      throw new InvalidRequest(
          "input: more than "
              + mostCharacters
              + " characters in all (expected: at most as many; send the texts in several requests)",
          "input",
          Code.TOO_LONG);
    }
    return text;
  }

  private static Encoding encoding(StrictReader reader) throws IOException, InvalidRequest {
    String word = reader.text("float or base64");
    return switch (word) {
      case "float" -> Encoding.FLOAT;
      case "base64" -> Encoding.BASE64;
      default -> throw reader.unknownWord(word, "float or base64");
    };
  }
}
