package dev.hourglass.protocol.upstream;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * A tool call as text, the same whether it was streamed in pieces or resent in a history.
 *
 * @param index which call of the answer it belongs to; 0 where not said
 */
public record ToolCallText(int index, String id, String name, String arguments) {

  /** Reads a call, or a piece of one, whose opening brace is the current token. */
  public static ToolCallText read(JsonParser parser) throws IOException {
    int index = 0;
    String id = "";
    String name = "";
    String arguments = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals("index") && value == JsonToken.VALUE_NUMBER_INT) {
        index = parser.getIntValue();
      } else if (field.equals("id") && value == JsonToken.VALUE_STRING) {
        id = parser.getText();
      } else if (field.equals("function") && value == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String part = parser.currentName();
          if (parser.nextToken() == JsonToken.VALUE_STRING && part.equals("name")) {
            name = parser.getText();
          } else if (parser.hasToken(JsonToken.VALUE_STRING) && part.equals("arguments")) {
            arguments = parser.getText();
          } else {
            parser.skipChildren();
          }
        }
      } else {
        parser.skipChildren();
      }
    }
    return new ToolCallText(index, id, name, arguments);
  }

  /** The same call with a further piece at its end. */
  public ToolCallText with(ToolCallText piece) {
    return new ToolCallText(index, id + piece.id, name + piece.name, arguments + piece.arguments);
  }

  /** Writes the call behind others. */
  public void appendTo(StringBuilder calls) {
    calls.append('\n').append(id).append(' ').append(name).append(' ').append(arguments);
  }
}
