package dev.hourglass.protocol.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hourglass.protocol.request.InvalidRequest.Code;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the parser honours, ignores and refuses. */
final class RequestParserTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  private final RequestParser parser = new RequestParser(RequestLimits.DEFAULTS);

  @Nested
  final class Honoured {
    @Test
    void everyParameterArrives() throws InvalidRequest {
      ChatCompletionRequest request =
          chat(
              """
              {"model":"tiny","messages":[
                 {"role":"system","content":"be brief"},
                 {"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                 {"role":"user","content":"hé😀"},
                 {"role":"assistant","content":"ok","refusal":null,"annotations":[]}],
               "stream":true,"stream_options":{"include_usage":true},
               "max_completion_tokens":7,"temperature":0.5,"top_p":0.9,"top_k":12,"min_p":0.1,
               "frequency_penalty":-1,"presence_penalty":1.5,"repeat_penalty":1.1,"seed":-9,
               "stop":["x","y"],"logit_bias":{"5":-100,"6":1.5},"logprobs":true,"top_logprobs":3,
               "response_format":{"type":"json_object"}}
              """);

      assertThat(request)
          .isEqualTo(
              new ChatCompletionRequest(
                  "tiny",
                  List.of(
                      new Message(Role.SYSTEM, "be brief"),
                      new Message(Role.DEVELOPER, "a\nb"),
                      new Message(Role.USER, "hé😀"),
                      new Message(Role.ASSISTANT, "ok")),
                  true,
                  true,
                  7,
                  new SamplingParameters(
                      0.5,
                      0.9,
                      12,
                      0.1,
                      -1.0,
                      1.5,
                      1.1,
                      -9L,
                      List.of("x", "y"),
                      Map.of(5, -100.0, 6, 1.5),
                      3,
                      new ResponseFormat.JsonObject())));
    }

    @Test
    void whatIsLeftOutIsLeftToTheEngine() throws InvalidRequest {
      ChatCompletionRequest request = chat("{" + MESSAGES + "}");

      assertThat(request)
          .isEqualTo(
              new ChatCompletionRequest(
                  null,
                  List.of(new Message(Role.USER, "hi")),
                  false,
                  false,
                  null,
                  new SamplingParameters(
                      null,
                      null,
                      null,
                      null,
                      null,
                      null,
                      null,
                      null,
                      List.of(),
                      Map.of(),
                      null,
                      new ResponseFormat.Text())));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "\"user\":\"u-1\"",
          "\"metadata\":{\"trace\":\"7\"}",
          "\"store\":false",
          "\"service_tier\":\"auto\"",
          "\"safety_identifier\":\"s\"",
          "\"prompt_cache_key\":\"k\"",
          "\"n\":1",
          "\"tools\":null",
          "\"tools\":[]",
          "\"tool_choice\":\"none\"",
          "\"parallel_tool_calls\":false",
          "\"modalities\":[\"text\"]",
          "\"max_tokens\":null",
          "\"temperature\":null",
          "\"stop\":null",
          "\"response_format\":{\"type\":\"text\"}",
          "\"max_tokens\":5,\"max_completion_tokens\":5",
          "\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}"
        })
    void whatHasNoEffectIsAccepted(String parameter) throws InvalidRequest {
      assertThat(chat("{" + MESSAGES + "," + parameter + "}").messages()).hasSize(1);
    }

    @Test
    void aSchemaIsKeptAsItWasSent() throws InvalidRequest {
      ChatCompletionRequest request =
          chat(
              "{"
                  + MESSAGES
                  + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
                  + "\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":"
                  + "{\"a\":{\"type\":\"integer\",\"maximum\":1.50}}}}}}");

      assertThat(request.sampling().format())
          .isEqualTo(
              new ResponseFormat.JsonSchema(
                  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"maximum\":1.50}}}"));
    }

    @Test
    void aGrammarIsAFormat() throws InvalidRequest {
      assertThat(chat("{" + MESSAGES + ",\"grammar\":\"root ::= \\\"a\\\"\"}").sampling().format())
          .isEqualTo(new ResponseFormat.Grammar("root ::= \"a\""));
    }

    @Test
    void logprobsAloneReportNoAlternatives() throws InvalidRequest {
      assertThat(chat("{" + MESSAGES + ",\"logprobs\":true}").sampling().topLogprobs()).isZero();
      assertThat(chat("{" + MESSAGES + ",\"logprobs\":false}").sampling().topLogprobs()).isNull();
    }

    @Test
    void aPlainCompletionHasAPrompt() throws InvalidRequest {
      CompletionRequest request =
          parser.completion(
              "{\"prompt\":[\"once\"],\"max_tokens\":3,\"logprobs\":2,\"echo\":false,\"best_of\":1}"
                  .getBytes(UTF_8));

      assertThat(request.prompt()).isEqualTo("once");
      assertThat(request.maxTokens()).isEqualTo(3);
      assertThat(request.sampling().topLogprobs()).isEqualTo(2);
    }

    @Test
    void aSessionMayBeBornWithoutABody() throws InvalidRequest {
      assertThat(parser.createSession(new byte[0]))
          .isEqualTo(new CreateSessionRequest(null, null, Map.of(), List.of()));
    }

    @Test
    void aSessionsSystemPromptComesFirst() throws InvalidRequest {
      CreateSessionRequest request =
          parser.createSession(
              ("{\"ttl_seconds\":60,\"metadata\":{\"a\":\"b\"}," + MESSAGES + ",\"system\":\"s\"}")
                  .getBytes(UTF_8));

      assertThat(request)
          .isEqualTo(
              new CreateSessionRequest(
                  null,
                  60,
                  Map.of("a", "b"),
                  List.of(new Message(Role.SYSTEM, "s"), new Message(Role.USER, "hi"))));
    }
  }

  @Nested
  final class Refused {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = {
          "\"tools\":[{\"type\":\"function\"}]           | tools               | UNSUPPORTED_PARAMETER",
          "\"tool_choice\":\"auto\"                      | tool_choice         | UNSUPPORTED_PARAMETER",
          "\"tool_choice\":{\"type\":\"function\"}       | tool_choice         | UNSUPPORTED_PARAMETER",
          "\"functions\":[{}]                            | functions           | UNSUPPORTED_PARAMETER",
          "\"function_call\":\"auto\"                    | function_call       | UNSUPPORTED_PARAMETER",
          "\"modalities\":[\"text\",\"audio\"]           | modalities          | UNSUPPORTED_VALUE",
          "\"audio\":{\"voice\":\"v\"}                   | audio               | UNSUPPORTED_PARAMETER",
          "\"prediction\":{\"type\":\"content\"}         | prediction          | UNSUPPORTED_PARAMETER",
          "\"web_search_options\":{\"a\":1}              | web_search_options  | UNSUPPORTED_PARAMETER",
          "\"reasoning_effort\":\"high\"                 | reasoning_effort    | UNSUPPORTED_PARAMETER",
          "\"n\":2                                       | n                   | UNSUPPORTED_VALUE",
          "\"store\":true                                | store               | UNSUPPORTED_VALUE",
          "\"service_tier\":\"priority\"                 | service_tier        | UNSUPPORTED_VALUE",
          "\"best_of\":1                                 | best_of             | UNKNOWN_PARAMETER",
          "\"temprature\":1                              | temprature          | UNKNOWN_PARAMETER",
          "\"temperature\":2.1                           | temperature         | INVALID_VALUE",
          "\"temperature\":1e999                         | temperature         | INVALID_VALUE",
          "\"temperature\":\"hot\"                       | temperature         | INVALID_TYPE",
          "\"top_p\":0                                   | top_p               | INVALID_VALUE",
          "\"top_k\":-1                                  | top_k               | INVALID_VALUE",
          "\"top_k\":1.5                                 | top_k               | INVALID_TYPE",
          "\"min_p\":1.01                                | min_p               | INVALID_VALUE",
          "\"presence_penalty\":-2.5                     | presence_penalty    | INVALID_VALUE",
          "\"frequency_penalty\":true                    | frequency_penalty   | INVALID_TYPE",
          "\"repeat_penalty\":0                          | repeat_penalty      | INVALID_VALUE",
          "\"max_tokens\":0                              | max_tokens          | INVALID_VALUE",
          "\"max_tokens\":99999999999999999999999        | max_tokens          | INVALID_VALUE",
          "\"max_tokens\":2147483648                     | max_tokens          | INVALID_VALUE",
          "\"max_tokens\":5,\"max_completion_tokens\":6  | max_completion_tokens | INVALID_VALUE",
          "\"seed\":9223372036854775808                  | seed                | INVALID_VALUE",
          "\"stream\":\"yes\"                            | stream              | INVALID_TYPE",
          "\"stream_options\":{\"include_usage\":true}   | stream_options      | INVALID_VALUE",
          "\"stream\":true,\"stream_options\":{\"x\":1}  | stream_options.x    | UNKNOWN_PARAMETER",
          "\"stop\":\"\"                                 | stop                | INVALID_VALUE",
          "\"stop\":[\"a\",5]                            | stop[1]             | INVALID_TYPE",
          "\"stop\":5                                    | stop                | INVALID_TYPE",
          "\"logit_bias\":{\"cat\":1}                    | logit_bias          | INVALID_VALUE",
          "\"logit_bias\":{\"-1\":1}                     | logit_bias          | INVALID_VALUE",
          "\"logit_bias\":{\"1\":101}                    | logit_bias[1]       | INVALID_VALUE",
          "\"logprobs\":5                                | logprobs            | INVALID_TYPE",
          "\"top_logprobs\":5                            | top_logprobs        | INVALID_VALUE",
          "\"logprobs\":true,\"top_logprobs\":21         | top_logprobs        | INVALID_VALUE",
          "\"response_format\":{\"type\":\"xml\"}        | response_format.type | INVALID_VALUE",
          "\"response_format\":{}                        | response_format.type | MISSING_PARAMETER",
          "\"response_format\":{\"type\":\"json_schema\"} | response_format.json_schema | MISSING_PARAMETER",
          "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}} | response_format.json_schema.schema | MISSING_PARAMETER",
          "\"response_format\":{\"type\":\"json_object\"},\"grammar\":\"g\" | grammar | INVALID_VALUE",
          "\"metadata\":{\"a\":1}                        | metadata.a          | INVALID_TYPE",
          "\"model\":7                                   | model               | INVALID_TYPE"
        })
    void aParameterIsRefusedByName(String parameter, String param, Code code) {
      assertRefused("{" + MESSAGES + "," + parameter + "}", param, code);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = {
          "{\"role\":\"user\"}                                | messages[1].content | MISSING_PARAMETER",
          "{\"content\":\"x\"}                                | messages[1].role    | MISSING_PARAMETER",
          "{\"role\":\"tool\",\"content\":\"x\"}              | messages[1].role    | UNSUPPORTED_VALUE",
          "{\"role\":\"boss\",\"content\":\"x\"}              | messages[1].role    | INVALID_VALUE",
          "{\"role\":1,\"content\":\"x\"}                     | messages[1].role    | INVALID_TYPE",
          "{\"role\":\"user\",\"content\":null}               | messages[1].content | INVALID_TYPE",
          "{\"role\":\"user\",\"content\":5}                  | messages[1].content | INVALID_TYPE",
          "{\"role\":\"user\",\"content\":[]}                 | messages[1].content | INVALID_VALUE",
          "{\"role\":\"user\",\"content\":[\"x\"]}            | messages[1].content[0] | INVALID_TYPE",
          "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]} | messages[1].content[0].type | UNSUPPORTED_VALUE",
          "{\"role\":\"user\",\"content\":[{\"image_url\":{\"url\":\"u\"}}]} | messages[1].content[0].image_url | UNSUPPORTED_PARAMETER",
          "{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]} | messages[1].content[0].type | MISSING_PARAMETER",
          "{\"role\":\"user\",\"content\":\"x\",\"name\":\"n\"} | messages[1].name | UNSUPPORTED_PARAMETER",
          "{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":[{}]} | messages[1].tool_calls | UNSUPPORTED_PARAMETER",
          "{\"role\":\"user\",\"content\":\"x\",\"mood\":1}   | messages[1].mood    | UNKNOWN_PARAMETER",
          "\"text\"                                           | messages[1]         | INVALID_TYPE"
        })
    void aMessageIsRefusedByPlace(String message, String param, Code code) {
      assertRefused(
          "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}," + message + "]}", param, code);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          " ",
          "{",
          "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}x",
          "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]} {}",
          "nul",
          "{\"messages\":[}",
          "{\"messages\" [] }",
          "{'messages':[]}",
          "{\"temperature\":NaN}",
          "{\"temperature\":+1}",
          "{\"temperature\":.5}",
          "{\"temperature\":01}",
          "{\"stop\":\"a\nb\"}",
          "{\"stop\":\"\\x\"}",
          "{\"stop\":\"\\u12\"}",
          "{\"stream\":true,}",
          "{/* c */}",
          "{\"stream\":true,\"stream\":false}",
          "{\"messages\":[{\"role\":\"user\",\"role\":\"user\",\"content\":\"hi\"}]}"
        })
    void malformedJsonIsRefused(String body) {
      assertRefused(body, null, Code.INVALID_JSON);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"x\"", "5", "null", "true"})
    void aBodyIsAnObject(String body) {
      assertRefused(body, "body", Code.INVALID_TYPE);
    }

    @Test
    void deepNestingIsRefused() {
      String deep = "{\"a\":".repeat(100_000);
      assertRefused(
          "{"
              + MESSAGES
              + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":"
              + deep,
          null,
          Code.INVALID_JSON);
    }

    @Test
    void aHugeNumberIsRefused() {
      assertRefused(
          "{" + MESSAGES + ",\"temperature\":1" + "0".repeat(100_000) + "}",
          null,
          Code.INVALID_JSON);
    }

    @Test
    void brokenCharactersAreRefused() {
      byte[] body =
          "{\"messages\":[{\"role\":\"user\",\"content\":\"\u00ff\"}]}".getBytes(ISO_8859_1);
      InvalidRequest refusal =
          catchThrowableOfType(InvalidRequest.class, () -> parser.chatCompletion(body));

      assertThat(refusal.code()).isEqualTo(Code.INVALID_JSON);
      assertThat(refusal).hasMessageContaining("byte 39").hasMessageContaining("UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\ud800", "\\udc00", "a\\ud83d\\ud83d", "\\ude00\\ud83d"})
    void halvesOfSurrogatePairsAreRefused(String escaped) {
      assertRefused(
          "{\"messages\":[{\"role\":\"user\",\"content\":\"" + escaped + "\"}]}",
          "messages[0].content",
          Code.INVALID_VALUE);
      assertRefused(
          "{"
              + MESSAGES
              + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"title\":\""
              + escaped
              + "\"}}}}",
          "response_format.json_schema.schema",
          Code.INVALID_VALUE);
    }

    @Test
    void otherEncodingsAreRefused() {
      byte[] body = ("{" + MESSAGES + "}").getBytes(java.nio.charset.StandardCharsets.UTF_16LE);
      assertThat(
              catchThrowableOfType(InvalidRequest.class, () -> parser.chatCompletion(body)).code())
          .isEqualTo(Code.INVALID_JSON);
    }

    @Test
    void tooManyMessagesAreRefused() {
      String message = "{\"role\":\"user\",\"content\":\"x\"}";
      RequestParser narrow = new RequestParser(new RequestLimits(100_000, 3, 64));
      byte[] body =
          ("{\"messages\":[" + message + ("," + message).repeat(3) + "]}").getBytes(UTF_8);

      InvalidRequest refusal =
          catchThrowableOfType(InvalidRequest.class, () -> narrow.chatCompletion(body));

      assertThat(refusal.code()).isEqualTo(Code.TOO_MANY);
      assertThat(refusal).hasMessage("messages: more than 3 (expected: at most 3)");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = {
          "{}                            | prompt  | MISSING_PARAMETER",
          "{\"prompt\":null}             | prompt  | INVALID_TYPE",
          "{\"prompt\":[1,2]}            | prompt  | UNSUPPORTED_VALUE",
          "{\"prompt\":[\"a\",\"b\"]}    | prompt  | UNSUPPORTED_VALUE",
          "{\"prompt\":[]}               | prompt  | INVALID_VALUE",
          "{\"prompt\":\"a\",\"echo\":true} | echo | UNSUPPORTED_VALUE",
          "{\"prompt\":\"a\",\"best_of\":3} | best_of | UNSUPPORTED_VALUE",
          "{\"prompt\":\"a\",\"suffix\":\"b\"} | suffix | UNSUPPORTED_PARAMETER",
          "{\"prompt\":\"a\",\"messages\":[]} | messages | UNKNOWN_PARAMETER"
        })
    void plainCompletionsAreAsStrict(String body, String param, Code code) {
      assertRefusal(
          catchThrowableOfType(InvalidRequest.class, () -> parser.completion(body.getBytes(UTF_8))),
          param,
          code);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = {
          "{\"ttl_seconds\":0}           | ttl_seconds | INVALID_VALUE",
          "{\"ttl_seconds\":\"60\"}      | ttl_seconds | INVALID_TYPE",
          "{\"ttl\":60}                  | ttl         | UNKNOWN_PARAMETER",
          "{\"ttl\":null}                | ttl         | UNKNOWN_PARAMETER",
          "{\"metadata\":[]}             | metadata    | INVALID_TYPE",
          "{\"system\":[]}               | system      | INVALID_TYPE",
          "{\"messages\":[{}]}           | messages[0].role | MISSING_PARAMETER"
        })
    void sessionsAreAsStrict(String body, String param, Code code) {
      assertRefusal(
          catchThrowableOfType(
              InvalidRequest.class, () -> parser.createSession(body.getBytes(UTF_8))),
          param,
          code);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"messages\":[{\"role\":\"SECRET words\",\"content\":\"x\"}]}",
          "{\"messages\":[{\"role\":\"user\",\"content\":SECRET}]}",
          "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"} SECRET]}",
          "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"SECRET text\"}]}]}",
          "{\"messages\":[{\"SECRET words\":1}]}",
          "{\"messages\":{\"role\":\"user\",\"content\":\"SECRET\"}}",
          "{\"messages\":\"SECRET\"}",
          "{\"SECRET words\":1,\"SECRET words\":2}",
          "{\"temperature\":\"SECRET\"}",
          "{\"stream\":SECRET}"
        })
    void refusalsNeverQuoteConversation(String body) {
      InvalidRequest refusal =
          catchThrowableOfType(
              InvalidRequest.class, () -> parser.chatCompletion(body.getBytes(UTF_8)));
      assertThat(refusal.getMessage()).doesNotContain("SECRET").contains("expected");
      assertThat(String.valueOf(refusal.param())).doesNotContain("SECRET");
    }

    private void assertRefused(String body, @Nullable String param, Code code) {
      assertRefusal(
          catchThrowableOfType(
              InvalidRequest.class, () -> parser.chatCompletion(body.getBytes(UTF_8))),
          param,
          code);
    }

    private static void assertRefusal(InvalidRequest refusal, @Nullable String param, Code code) {
      assertThat(refusal).isNotNull();
      assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(code);
      assertThat(refusal.param()).as(refusal.getMessage()).isEqualTo(param);
      assertThat(refusal).hasMessageContaining("(expected: ");
    }
  }

  private ChatCompletionRequest chat(String body) throws InvalidRequest {
    return parser.chatCompletion(body.getBytes(UTF_8));
  }
}
