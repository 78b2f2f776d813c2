package dev.hourglass.protocol.request;

import org.jspecify.annotations.Nullable;

/**
 * A request body that cannot be honoured, in the terms of the OpenAI error envelope. Its message
 * names the value and the expectation, and never holds conversation text.
 */
public final class InvalidRequest extends Exception {
  private static final long serialVersionUID = 1;

  /** What is wrong, as {@code error.code} tells programs. */
  public enum Code {
    INVALID_JSON("invalid_json"),
    INVALID_TYPE("invalid_type"),
    INVALID_VALUE("invalid_value"),
    MISSING_PARAMETER("missing_required_parameter"),
    UNKNOWN_PARAMETER("unknown_parameter"),
    UNSUPPORTED_PARAMETER("unsupported_parameter"),
    UNSUPPORTED_VALUE("unsupported_value"),
    TOO_MANY("array_above_max_length"),
    TOO_LONG("string_above_max_length");

    private final String wireName;

    Code(String wireName) {
      this.wireName = wireName;
    }

    public String wireName() {
      return wireName;
    }
  }

  private final @Nullable String param;
  private final Code code;

  /**
   * @param param the parameter at fault, such as {@code messages[3].role}; {@code null} for the
   *     body as a whole
   */
  public InvalidRequest(String message, @Nullable String param, Code code) {
    // A refused request is an answer, not a defect: nobody reads its stack trace.
    super(message, null, false, false);
    this.param = param;
    this.code = code;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  public @Nullable String param() {
    return param;
  }

  public Code code() {
    return code;
  }
}
