package dev.hourglass.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonSchemaGrammarTest {
  @Test
  void writesPropertiesInOrder() throws GenerationRefusedException {
    String grammar =
        JsonSchemaGrammar.of(
            """
            {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},
             "required":["name"],"additionalProperties":false}
            """);
    assertThat(grammar)
        .contains("\"\\\"name\\\"\" space \":\" space string")
        .contains("\"\\\"age\\\"\" space \":\" space integer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"type":"object","patternProperties":{}} | patternProperties
          {"type":"string","pattern":"a+"}         | pattern
          {"type":"integer","minimum":3}           | minimum
          {"allOf":[]}                             | allOf
          {"type":"thing"}                         | thing
          {"$ref":"#/$defs/none"}                  | #/$defs/none
          {"$ref":"http://example.org/schema"}     | http://example.org/schema
          {"$ref":"#"}                             | refers to itself
          {"enum":[]}                              | enum
          {"type":"string","maxLength":100000}     | maxLength
          {"type":"array","minItems":3,"maxItems":2} | maxItems
          [1,2]                                    | not a JSON object
          {"type":                                 | not JSON
          """)
  void refusesByName(String schema, String named) {
    assertThatThrownBy(() -> JsonSchemaGrammar.of(schema))
        .isInstanceOf(GenerationRefusedException.class)
        .hasMessageStartingWith("response_format: schema ")
        .hasMessageContaining(named);
  }

  @Test
  void followsReferencesThatRecur() throws GenerationRefusedException {
    String grammar =
        JsonSchemaGrammar.of(
            """
            {"$defs":{"node":{"type":"object","properties":{"next":{"anyOf":[
              {"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["next"]}},
             "$ref":"#/$defs/node"}
            """);
    assertThat(grammar).contains("root ::= ref0").contains("ref0 ::= ");
  }
}
