package dev.hourglass.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.protocol.response.SessionPage.KvMemory;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** The form of whole bodies, field by field. */
final class ResponseBodyTest {
  private static final Instant CREATED = Instant.ofEpochSecond(1_700_000_000);

  @Test
  void aChatCompletion() throws IOException {
    assertJson(
        new ChatCompletion(
                "chatcmpl-1",
                CREATED,
                "tiny",
                "hello",
                FinishReason.STOP,
                null,
                new Usage(5, 2, 1),
                new SessionNote(null, null, 6, 0, "hot"))
            .toJson(),
        """
        {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"tiny",
         "choices":[{"index":0,"message":{"role":"assistant","content":"hello","refusal":null},
                     "logprobs":null,"finish_reason":"stop"}],
         "usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6,
                  "prompt_tokens_details":{"cached_tokens":2}},
         "hourglass":{"session_id":null,"time_to_first_token_ms":null,"kv_tokens":6,
                      "compressed_messages":0,"residency":"hot"}}
        """);
  }

  @Test
  void aTextCompletion() throws IOException {
    assertJson(
        new TextCompletion(
                "cmpl-1",
                CREATED,
                "tiny",
                "hello",
                FinishReason.LENGTH,
                null,
                new Usage(5, 0, 1),
                new SessionNote(null, 3L, 0, 0, "transcript"))
            .toJson(),
        """
        {"id":"cmpl-1","object":"text_completion","created":1700000000,"model":"tiny",
         "choices":[{"index":0,"text":"hello","logprobs":null,"finish_reason":"length"}],
         "usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6,
                  "prompt_tokens_details":{"cached_tokens":0}},
         "hourglass":{"session_id":null,"time_to_first_token_ms":3,"kv_tokens":0,
                      "compressed_messages":0,"residency":"transcript"}}
        """);
  }

  @Test
  void anError() throws IOException {
    assertJson(
        new ErrorBody("n: 2 (expected: 1)", "invalid_request_error", "n", null).toJson(),
        """
        {"error":{"message":"n: 2 (expected: 1)","type":"invalid_request_error","param":"n","code":null}}
        """);
  }

  @Test
  void aModelList() throws IOException {
    assertJson(
        ModelDescription.listToJson(
            List.of(
                new ModelDescription("tiny", CREATED, 512, null),
                new ModelDescription("means", CREATED, 128, 384))),
        """
        {"object":"list","data":[{"id":"tiny","object":"model","created":1700000000,
         "owned_by":"hourglass","context_tokens":512},
         {"id":"means","object":"model","created":1700000000,
         "owned_by":"hourglass","context_tokens":128,"embedding_dimensions":384}]}
        """);
  }

  @Test
  void aCreatedSession() throws IOException {
    SessionCreated created =
        new SessionCreated("sess_1", "hgs_x", CREATED, Duration.ofMinutes(30), "idle", "tiny");
    assertJson(
        created.toJson(),
        """
        {"session_id":"sess_1","session_token":"hgs_x","created_at":1700000000,"context_ttl":1800,
         "state":"idle","model":"tiny"}
        """);
    assertThat(created.toString()).doesNotContain("hgs_x");
  }

  @Test
  void aPageOfSessions() throws IOException {
    SessionDescription session =
        new SessionDescription(
            "sess_1",
            "explicit",
            "tiny",
            "idle",
            "hot",
            2,
            40,
            CREATED,
            CREATED.plusSeconds(5),
            CREATED.plusSeconds(1805),
            Duration.ofMinutes(30),
            new SessionDescription.Retention(
                40, "kept HOT: worth 3.1 λ, likely back within 2 min", OptionalDouble.of(3.1)),
            Map.of("a", "b"),
            new ActivityDescription(0.5699, 0.5, 0.625, 0.6, "lexical"));
    assertJson(
        new SessionPage(List.of(session), "sess_1", 3, new KvMemory(40, 4096)).toJson(),
        """
        {"object":"list","data":[{"session_id":"sess_1","object":"session","kind":"explicit",
          "model":"tiny","state":"idle","residency":"hot","turns":2,"kv_tokens":40,
          "created_at":1700000000,"last_active":1700000005,"expires_at":1700001805,
          "context_ttl":1800,"retention":{
            "kv_tokens":40,"why":"kept HOT: worth 3.1 λ, likely back within 2 min","worth":3.1},
          "metadata":{"a":"b"},
          "activity":{"score":0.57,"density":0.5,"responsiveness":0.625,"topic_continuity":0.6,
                      "topic_measure":"lexical"}}],"has_more":true,"next":"sess_1","total":3,
          "kv":{"used_tokens":40,"capacity_tokens":4096}}
        """);
    assertJson(
        new SessionPage(List.of(), null, 0, null).toJson(),
        """
        {"object":"list","data":[],"has_more":false,"next":null,"total":0,"kv":null}
        """);
  }

  @Test
  void aTranscript() throws IOException {
    assertJson(
        TranscriptMessage.listToJson(
            List.of(
                new TranscriptMessage(1, "user", "hi", "completed", null),
                new TranscriptMessage(1, "assistant", "Hello.", "completed", new Usage(9, 4, 2))),
            null),
        """
        {"object":"list","data":[{"turn":1,"role":"user","content":"hi","status":"completed"},
          {"turn":1,"role":"assistant","content":"Hello.","status":"completed",
           "usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,
             "prompt_tokens_details":{"cached_tokens":4}}}],
         "has_more":false,"next":null}
        """);
  }

  @Test
  void aReceipt() throws IOException {
    assertJson(
        new DestructionReport(
                "sess_1",
                "closed",
                CREATED,
                List.of(new DestructionReport.Stage("mark", "applied", Duration.ofMillis(1500))),
                0,
                true)
            .toJson(),
        """
        {"session_id":"sess_1","reason":"closed","started_at":1700000000,
         "stages":[{"stage":"mark","outcome":"applied","millis":1500.0}],
         "residue":{"kv_tokens":0,"text":true}}
        """);
    assertJson(
        DestructionReport.pendingToJson("sess_1", "/v1/sessions/sess_1/receipt"),
        """
        {"session_id":"sess_1","state":"terminating","receipt":"/v1/sessions/sess_1/receipt"}
        """);
  }

  private static void assertJson(byte[] actual, String expected) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode read = mapper.readTree(actual);
    assertThat(read).isEqualTo(mapper.readTree(expected));
  }
}
