package dev.hourglass.app.config;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Locale;

/**
 * One configuration key.
 *
 * @param name as it stands in the file, sections separated by dots: {@code server.port}
 * @param fallback the default as one would write it; empty where the meaning names the default
 * @param meaning one sentence
 */
record ConfigKey<T>(String name, ValueForm<T> form, String fallback, String meaning) {

  /** The environment variable that sets the key: {@code HOURGLASS_SERVER_PORT}. */
  String environmentVariable() {
    return ConfigLoader.VARIABLE_PREFIX + name.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  T defaultValue() {
    return form.read(TextNode.valueOf(fallback));
  }

  /** The row of this key in the documentation. */
  String documentationRow() {
    return "| `%s` | %s | %s | %s | %s |"
        .formatted(
            name,
            form.type(),
            fallback.isEmpty() ? "" : "`" + fallback + "`",
            form.expected(),
            meaning);
  }
}
