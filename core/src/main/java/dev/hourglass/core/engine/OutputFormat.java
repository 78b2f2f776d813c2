package dev.hourglass.core.engine;

/** The form an answer must have. */
public sealed interface OutputFormat {
  /** Any text. */
  record Free() implements OutputFormat {}

  /** Any JSON object. */
  record JsonObject() implements OutputFormat {}

  /**
   * JSON that satisfies a schema.
   *
   * @param schema the JSON schema, as JSON text
   */
  record JsonSchema(String schema) implements OutputFormat {}

  /**
   * Text that a grammar derives.
   *
   * @param gbnf a grammar in llama.cpp's GBNF notation with the start symbol {@code root}
   */
  record Grammar(String gbnf) implements OutputFormat {}
}
