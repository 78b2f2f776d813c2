package dev.hourglass.engine.llama;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.core.engine.EngineFault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Translates JSON schemas to GBNF grammars whose every text satisfies the schema.
 *
 * <p>Covered are types, properties, required, additionalProperties, items, minItems, maxItems,
 * minLength, maxLength, enum, const, anyOf, {@code $ref} into {@code $defs} (recursion too). An
 * object gets its properties in the order of the schema and, where it lists any, no others.
 * Annotations are ignored; every other keyword is refused by name rather than silently broken.
 *
 * <p>The library's own translator is not used: it reports a bad schema with a C++ exception, which
 * would end the JVM.
 */
final class JsonSchemaGrammar {
  private static final int MAX_CHARACTERS = 262_144;
  private static final int MAX_RULES = 4_000;
  private static final int MAX_COUNT = 1_000;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly");
  private static final Set<String> KEYWORDS =
      Set.of(
          "type",
          "properties",
          "required",
          "additionalProperties",
          "items",
          "minItems",
          "maxItems",
          "minLength",
          "maxLength",
          "enum",
          "const",
          "anyOf",
          "$ref");
  private static final String BASICS =
      """
      space ::= "" | " " | "\\n" [ \\t]{0,20}
      char ::= [^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\bfnrt/] | "u" [0-9a-fA-F]{4})
      string ::= "\\"" char* "\\""
      integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
      number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?
      boolean ::= "true" | "false"
      null ::= "null"
      value ::= object | array | string | number | boolean | null
      pair ::= string space ":" space value
      object ::= "{" space (pair (space "," space pair)* space)? "}"
      array ::= "[" space (value (space "," space value)* space)? "]"
      """;

  private final JsonNode root;
  private final Map<String, String> rules = new LinkedHashMap<>();
  private final Map<String, String> ruleOfReference = new HashMap<>();

  private JsonSchemaGrammar(JsonNode root) {
    this.root = root;
  }

  /** A grammar for any JSON object. */
  static String anyObject() {
    return "root ::= object\n" + BASICS;
  }

  /** A grammar for a schema, given as JSON text. */
  static String of(String schema) throws GenerationRefusedException {
    if (schema.length() > MAX_CHARACTERS) {
      throw refused(schema.length() + " characters (expected: at most " + MAX_CHARACTERS + ")");
    }
    JsonNode root;
    try {
      root = JSON.readTree(schema);
    } catch (JsonProcessingException malformed) {
      throw refused("not JSON: " + malformed.getOriginalMessage());
    }
    if (root == null || !(root.isObject() || root.isBoolean())) {
      throw refused("not a JSON object");
    }
    JsonSchemaGrammar grammar = new JsonSchemaGrammar(root);
    String start = grammar.expression(root, "#");
    StringBuilder text = new StringBuilder("root ::= ").append(start).append('\n').append(BASICS);
    grammar.rules.forEach(
        (name, body) -> text.append(name).append(" ::= ").append(body).append('\n'));
    return text.toString();
  }

  private String expression(JsonNode schema, String path) throws GenerationRefusedException {
    if (schema.isBoolean()) {
      if (!schema.asBoolean()) {
        throw refused(path + ": false allows nothing");
      }
      return "value";
    }
    if (!schema.isObject()) {
      throw refused(path + ": " + schema.getNodeType() + " (expected: a schema)");
    }
    requireKnownKeywords(schema, path);
    if (schema.has("$ref")) {
      return reference(schema.get("$ref").asText(), path);
    }
    if (schema.has("const")) {
      return literal(schema.get("const"));
    }
    if (schema.has("enum")) {
      return alternatives(schema.get("enum"), path);
    }
    if (schema.has("anyOf")) {
      return anyOf(schema, path);
    }
    JsonNode type = schema.get("type");
    if (type == null) {
      return untyped(schema, path);
    }
    if (type.isArray()) {
      List<String> choices = new ArrayList<>();
      for (JsonNode one : type) {
        choices.add(typed(one.asText(), schema, path));
      }
      return rule(String.join(" | ", choices), path);
    }
    return typed(type.asText(), schema, path);
  }

  private String untyped(JsonNode schema, String path) throws GenerationRefusedException {
    if (schema.has("properties") || schema.has("required")) {
      return typed("object", schema, path);
    }
    if (schema.has("items")) {
      return typed("array", schema, path);
    }
    if (schema.has("minLength") || schema.has("maxLength")) {
      return typed("string", schema, path);
    }
    return "value";
  }

  private String typed(String type, JsonNode schema, String path)
      throws GenerationRefusedException {
    return switch (type) {
      case "object" -> object(schema, path);
      case "array" -> array(schema, path);
      case "string" -> string(schema, path);
      case "integer", "number", "boolean", "null" -> type;
      default ->
          throw refused(
              path
                  + "/type: "
                  + type
                  + " (expected: object, array, string, number, integer, boolean or null)");
    };
  }

  private String object(JsonNode schema, String path) throws GenerationRefusedException {
    Map<String, JsonNode> properties = new LinkedHashMap<>();
    JsonNode listed = schema.get("properties");
    if (listed != null) {
      listed.properties().forEach(entry -> properties.put(entry.getKey(), entry.getValue()));
    }
    Set<String> required = new LinkedHashSet<>();
    if (schema.has("required")) {
      schema.get("required").forEach(name -> required.add(name.asText()));
    }
    JsonNode additional = schema.get("additionalProperties");
    for (String name : required) {
      properties.putIfAbsent(
          name, additional == null ? JSON.getNodeFactory().booleanNode(true) : additional);
    }
    if (properties.isEmpty()) {
      return map(additional, path);
    }
    String tail = "\"\"";
    String head = "\"\"";
    List<Map.Entry<String, JsonNode>> reversed = new ArrayList<>(properties.entrySet()).reversed();
    for (Map.Entry<String, JsonNode> property : reversed) {
      String where = path + "/properties/" + property.getKey();
      String pair =
          rule(
              literal(JSON.getNodeFactory().textNode(property.getKey()))
                  + " space \":\" space "
                  + expression(property.getValue(), where),
              where);
      boolean needed = required.contains(property.getKey());
      String begun = pair + " " + tail;
      head = needed ? rule(begun, where) : rule(begun + " | " + head, where);
      String further = "space \",\" space " + pair;
      tail = rule(needed ? further + " " + tail : "(" + further + ")? " + tail, where);
    }
    return rule("\"{\" space " + head + " space \"}\"", path);
  }

  private String map(@Nullable JsonNode values, String path) throws GenerationRefusedException {
    if (values == null || (values.isBoolean() && values.asBoolean())) {
      return "object";
    }
    if (values.isBoolean()) {
      return rule("\"{\" space \"}\"", path);
    }
    String pair =
        rule(
            "string space \":\" space " + expression(values, path + "/additionalProperties"), path);
    return rule("\"{\" space (" + pair + " (space \",\" space " + pair + ")* space)? \"}\"", path);
  }

  private String array(JsonNode schema, String path) throws GenerationRefusedException {
    JsonNode items = schema.get("items");
    String item = items == null ? "value" : rule(expression(items, path + "/items"), path);
    int least = count(schema, "minItems", 0, path);
    int most = count(schema, "maxItems", -1, path);
    if (most == 0) {
      return rule("\"[\" space \"]\"", path);
    }
    if (most > 0 && most < least) {
      throw refused(path + "/maxItems: " + most + " (expected: at least minItems, " + least + ")");
    }
    String further = rule("space \",\" space " + item, path);
    String repeat =
        "{" + Math.max(0, least - 1) + "," + (most < 0 ? "" : Integer.toString(most - 1)) + "}";
    String filled = item + " " + further + repeat + " space";
    return rule("\"[\" space " + (least == 0 ? "(" + filled + ")?" : filled) + " \"]\"", path);
  }

  private String string(JsonNode schema, String path) throws GenerationRefusedException {
    int least = count(schema, "minLength", 0, path);
    int most = count(schema, "maxLength", -1, path);
    if (least == 0 && most < 0) {
      return "string";
    }
    if (most >= 0 && most < least) {
      throw refused(
          path + "/maxLength: " + most + " (expected: at least minLength, " + least + ")");
    }
    if (most == 0) {
      return rule("\"\\\"\\\"\"", path);
    }
    String repeat = "{" + least + "," + (most < 0 ? "" : Integer.toString(most)) + "}";
    return rule("\"\\\"\" char" + repeat + " \"\\\"\"", path);
  }

  private String anyOf(JsonNode schema, String path) throws GenerationRefusedException {
    for (String other : List.of("type", "properties", "required", "items")) {
      if (schema.has(other)) {
        throw refused(path + ": anyOf beside " + other + " (expected: one of them)");
      }
    }
    List<String> choices = new ArrayList<>();
    for (JsonNode choice : schema.get("anyOf")) {
      choices.add(expression(choice, path + "/anyOf"));
    }
    if (choices.isEmpty()) {
      throw refused(path + "/anyOf: empty (expected: at least one schema)");
    }
    return rule(String.join(" | ", choices), path);
  }

  private String alternatives(JsonNode values, String path) throws GenerationRefusedException {
    List<String> choices = new ArrayList<>();
    for (JsonNode value : values) {
      choices.add(literal(value));
    }
    if (choices.isEmpty()) {
      throw refused(path + "/enum: empty (expected: at least one value)");
    }
    return rule(String.join(" | ", choices), path);
  }

  private String reference(String target, String path) throws GenerationRefusedException {
    String known = ruleOfReference.get(target);
    if (known != null) {
      return known;
    }
    JsonNode schema;
    if (target.equals("#")) {
      schema = root;
    } else if (target.startsWith("#/$defs/") || target.startsWith("#/definitions/")) {
      schema = root.at(target.substring(1));
    } else {
      throw refused(path + "/$ref: " + target + " (expected: #, #/$defs/… or #/definitions/…)");
    }
    if (schema.isMissingNode()) {
      throw refused(path + "/$ref: " + target + " is not there");
    }
    String name = "ref" + ruleOfReference.size();
    ruleOfReference.put(target, name);
    String body = expression(schema, target);
    if (body.equals(name)) {
      throw refused(path + "/$ref: " + target + " refers to itself");
    }
    rules.put(name, body);
    return name;
  }

  private static int count(JsonNode schema, String keyword, int otherwise, String path)
      throws GenerationRefusedException {
    JsonNode value = schema.get(keyword);
    if (value == null) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || value.asLong() < 0 || value.asLong() > MAX_COUNT) {
      throw refused(path + "/" + keyword + ": " + value + " (expected: 0 to " + MAX_COUNT + ")");
    }
    return value.asInt();
  }

  private static void requireKnownKeywords(JsonNode schema, String path)
      throws GenerationRefusedException {
    for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
      if (!KEYWORDS.contains(keyword.getKey()) && !ANNOTATIONS.contains(keyword.getKey())) {
        throw refused(path + ": the keyword " + keyword.getKey() + " is not supported");
      }
    }
  }

  private String rule(String body, String path) throws GenerationRefusedException {
    if (rules.size() >= MAX_RULES) {
      throw refused(path + ": more than " + MAX_RULES + " rules");
    }
    String name = "r" + rules.size() + "x";
    rules.put(name, body);
    return name;
  }

  /** The JSON text of a value, as a GBNF literal. */
  private static String literal(JsonNode value) {
    StringBuilder quoted = new StringBuilder("\"");
    value
        .toString()
        .codePoints()
        .forEach(point -> {
          if (point == '"' || point == '\\') {
            quoted.append('\\').appendCodePoint(point);
          } else {
            quoted.appendCodePoint(point);
          }
        });
    return quoted.append('"').toString();
  }

  private static GenerationRefusedException refused(String why) {
    return new GenerationRefusedException(
        EngineFault.Kind.INVALID_PARAMETER, "response_format: schema " + why);
  }
}
