package dev.hourglass.protocol.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import dev.hourglass.protocol.request.InvalidRequest.Code;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;

/**
 * A JSON parser that takes no value for another: each reading method accepts one type within bounds
 * and otherwise refuses, naming the place, the value and the expectation.
 *
 * <p>Values are quoted only where they cannot be conversation text: numbers, and words of a closed
 * set that are short and plain.
 */
final class StrictReader {
  private static final int QUOTED_CHARACTERS = 40;

  private final JsonFactory factory;
  private final JsonParser parser;

  StrictReader(JsonFactory factory, JsonParser parser) {
    this.factory = factory;
    this.parser = parser;
  }

  /** Reads the current object as a chat request that is passed on as it came. */
  RelayedChat relayed(byte[] body, RequestLimits limits) throws IOException, InvalidRequest {
    return new RelayedChatReader(body, parser, limits).read();
  }

  /** Moves to the next token, which there must be. */
  JsonToken next() throws IOException {
    JsonToken token = parser.nextToken();
    if (token == null) {
      throw malformed();
    }
    return token;
  }

  boolean atEnd() throws IOException {
    return parser.nextToken() == null;
  }

  boolean isNull() {
    return parser.hasToken(JsonToken.VALUE_NULL);
  }

  boolean isText() {
    return parser.hasToken(JsonToken.VALUE_STRING);
  }

  boolean isArray() {
    return parser.hasToken(JsonToken.START_ARRAY);
  }

  boolean isBoolean() {
    return parser.currentToken().isBoolean();
  }

  /** Moves to the next field of the object, at its name; false at the object's end. */
  boolean nextField() throws IOException {
    return next() == JsonToken.FIELD_NAME;
  }

  /** Moves to the next element of the array; false at the array's end. */
  boolean nextElement() throws IOException {
    return next() != JsonToken.END_ARRAY;
  }

  /** The name of the current field; afterwards its value is current. */
  String fieldName() throws IOException {
    String name = parser.currentName();
    next();
    return name;
  }

  void requireObject() throws InvalidRequest {
    if (!parser.hasToken(JsonToken.START_OBJECT)) {
      throw wrongType("an object");
    }
  }

  void requireText(String expectation) throws InvalidRequest {
    if (!isText()) {
      throw wrongType(expectation);
    }
  }

  void requireArray() throws InvalidRequest {
    if (!parser.hasToken(JsonToken.START_ARRAY)) {
      throw wrongType("an array");
    }
  }

  String text() throws IOException, InvalidRequest {
    return text("a text");
  }

  String text(String expectation) throws IOException, InvalidRequest {
    if (!parser.hasToken(JsonToken.VALUE_STRING)) {
      throw wrongType(expectation);
    }
    return wholeCharacters(parser.getText());
  }

  /** The text, unless an escape put half of a surrogate pair into it. */
  String wholeCharacters(String text) throws InvalidRequest {
    if (hasLoneSurrogate(text)) {
      throw new InvalidRequest(
          where() + ": half of a surrogate pair (expected: whole Unicode characters)",
          where(),
          Code.INVALID_VALUE);
    }
    return text;
  }

  String text(int mostCharacters) throws IOException, InvalidRequest {
    String text = text();
    if (text.length() > mostCharacters) {
      throw new InvalidRequest(
          where() + ": " + text.length() + " characters (expected: at most " + mostCharacters + ")",
          where(),
          Code.TOO_LONG);
    }
    return text;
  }

  boolean bool() throws InvalidRequest {
    if (!isBoolean()) {
      throw wrongType("true or false");
    }
    return parser.hasToken(JsonToken.VALUE_TRUE);
  }

  int integer(int least, int most) throws IOException, InvalidRequest {
    return (int) wholeNumber(least, most);
  }

  long wholeNumber(long least, long most) throws IOException, InvalidRequest {
    String expectation = "a whole number from " + least + " to " + most;
    if (!parser.hasToken(JsonToken.VALUE_NUMBER_INT)) {
      throw wrongType(expectation);
    }
    if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw outOfRange(expectation);
    }
    long value = parser.getLongValue();
    if (value < least || value > most) {
      throw outOfRange(expectation);
    }
    return value;
  }

  /** A number of the closed range. */
  double decimal(double least, double most) throws IOException, InvalidRequest {
    String expectation = "a number from " + plain(least) + " to " + plain(most);
    double value = number(expectation);
    if (!(value >= least && value <= most)) {
      throw outOfRange(expectation);
    }
    return value;
  }

  /** A number above zero. */
  double positiveDecimal(double most) throws IOException, InvalidRequest {
    String expectation = "a number above 0 and at most " + plain(most);
    double value = number(expectation);
    if (!(value > 0 && value <= most)) {
      throw outOfRange(expectation);
    }
    return value;
  }

  private double number(String expectation) throws IOException, InvalidRequest {
    if (!parser.currentToken().isNumeric()) {
      throw wrongType(expectation);
    }
    return parser.getDoubleValue();
  }

  /** The current value, whatever it is, as compact JSON text. */
  String json() throws IOException, InvalidRequest {
    StringWriter json = new StringWriter();
    try (JsonGenerator generator = factory.createGenerator(json)) {
      generator.copyCurrentStructureExact(parser);
    }
    return wholeCharacters(json.toString());
  }

  /** Whether the current value is an array without elements or an object without fields. */
  boolean skipIfEmptyStructure() throws IOException {
    if (!parser.currentToken().isStructStart()) {
      return false;
    }
    return next().isStructEnd();
  }

  InvalidRequest wrongType(String expectation) {
    return new InvalidRequest(
        where() + ": " + typeName() + " (expected: " + expectation + ")",
        where(),
        Code.INVALID_TYPE);
  }

  /** Refuses a text that is not in a closed set of words. */
  InvalidRequest unknownWord(String word, String expectation) {
    return new InvalidRequest(
        where() + ": " + quoted(word) + " (expected: " + expectation + ")",
        where(),
        Code.INVALID_VALUE);
  }

  private InvalidRequest outOfRange(String expectation) throws IOException {
    return new InvalidRequest(
        where() + ": " + shortened(parser.getText()) + " (expected: " + expectation + ")",
        where(),
        Code.INVALID_VALUE);
  }

  MalformedJson malformed() {
    JsonLocation location = parser.currentLocation();
    return new MalformedJson(
        "body: malformed JSON at line "
            + location.getLineNr()
            + ", column "
            + location.getColumnNr()
            + " (expected: one JSON object)");
  }

  /** The place of the current value, such as {@code messages[3].content}. */
  String where() {
    StringBuilder place = new StringBuilder();
    JsonPointer pointer = parser.getParsingContext().pathAsPointer();
    while (!pointer.matches()) {
      if (pointer.getMatchingIndex() >= 0) {
        place.append('[').append(pointer.getMatchingIndex()).append(']');
      } else {
        if (!place.isEmpty()) {
          place.append('.');
        }
        place.append(plainOrDots(pointer.getMatchingProperty()));
      }
      pointer = pointer.tail();
    }
    return place.isEmpty() ? "body" : place.toString();
  }

  /** The place of a field inside the current value. */
  String where(String field) {
    String place = where();
    return place.equals("body") ? field : place + "." + field;
  }

  private String typeName() {
    return switch (parser.currentToken()) {
      case START_OBJECT, END_OBJECT -> "an object";
      case START_ARRAY, END_ARRAY -> "an array";
      case VALUE_STRING -> "a text";
      case VALUE_NUMBER_INT -> "a whole number";
      case VALUE_NUMBER_FLOAT -> "a decimal number";
      case VALUE_TRUE -> "true";
      case VALUE_FALSE -> "false";
      case VALUE_NULL -> "null";
      case FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> "something else";
    };
  }

  /** A word in quotes if it is short and plain, otherwise only its length. */
  static String quoted(String word) {
    return isPlain(word) ? '"' + word + '"' : "a text of " + word.length() + " characters";
  }

  private static String plainOrDots(String name) {
    return isPlain(name) ? name : "…";
  }

  private static boolean isPlain(String word) {
    return !word.isEmpty()
        && word.length() <= QUOTED_CHARACTERS
        && word.chars().allMatch(StrictReader::isPlain);
  }

  private static boolean isPlain(int character) {
    return character < 0x80
        && (Character.isLetterOrDigit(character) || "_-.".indexOf(character) >= 0);
  }

  private static String shortened(String number) {
    return number.length() <= QUOTED_CHARACTERS
        ? number
        : number.substring(0, QUOTED_CHARACTERS) + "…";
  }

  private static String plain(double bound) {
    return BigDecimal.valueOf(bound).stripTrailingZeros().toPlainString();
  }

  private static boolean hasLoneSurrogate(String text) {
    int at = 0;
    while (at < text.length()) {
      char character = text.charAt(at++);
      if (!Character.isSurrogate(character)) {
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(character)
              && at < text.length()
              && Character.isLowSurrogate(text.charAt(at));
      if (!pair) {
        return true;
      }
      at++;
    }
    return false;
  }

  /** The body ends early or is not JSON. */
  static final class MalformedJson extends IOException {
    private static final long serialVersionUID = 1;

    MalformedJson(String message) {
      super(message);
    }
  }
}
