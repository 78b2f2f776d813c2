package dev.hourglass.protocol.request;

/** The form that a client wants the answer in. */
public sealed interface ResponseFormat {
  /** Any text. */
  record Text() implements ResponseFormat {}

  /** Any JSON object. */
  record JsonObject() implements ResponseFormat {}

  /**
   * JSON that satisfies a schema.
   *
   * @param schema the JSON schema, as JSON text
   */
  record JsonSchema(String schema) implements ResponseFormat {}

  /**
   * Text that a grammar derives.
   *
   * @param gbnf a grammar in GBNF notation
   */
  record Grammar(String gbnf) implements ResponseFormat {}
}
