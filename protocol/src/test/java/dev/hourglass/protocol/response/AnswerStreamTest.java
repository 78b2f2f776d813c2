package dev.hourglass.protocol.response;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.NumericChars;
import org.junit.jupiter.api.Test;

/** What a client of a stream reads. */
final class AnswerStreamTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Instant CREATED = Instant.ofEpochSecond(1_700_000_000);
  private static final Usage USAGE = new Usage(10, 7, 3);
  private static final SessionNote NOTE = new SessionNote("sess_1", 42L, 13, 2, "hot");

  @Test
  void aChatStreamHasRoleTextsFinishUsageAndDone() throws IOException {
    AnswerStream stream = new ChatCompletionStream("chatcmpl-1", CREATED, "tiny \"m\"", true);

    List<JsonNode> chunks =
        chunks(
            stream.opening(),
            stream.text("a\n\"b\""),
            stream.text("é"),
            stream.ending(FinishReason.STOP, USAGE, NOTE));

    assertThat(chunks).hasSize(5);
    for (JsonNode chunk : chunks) {
      assertThat(chunk.at("/id").asText()).isEqualTo("chatcmpl-1");
      assertThat(chunk.at("/object").asText()).isEqualTo("chat.completion.chunk");
      assertThat(chunk.at("/created").asLong()).isEqualTo(1_700_000_000);
      assertThat(chunk.at("/model").asText()).isEqualTo("tiny \"m\"");
      assertThat(chunk.has("usage")).isTrue();
    }
    assertThat(chunks.getFirst().at("/choices/0/delta/role").asText()).isEqualTo("assistant");
    assertThat(chunks.get(1).at("/choices/0/delta/content").asText()).isEqualTo("a\n\"b\"");
    assertThat(chunks.get(1).at("/choices/0/finish_reason").isNull()).isTrue();
    assertThat(chunks.get(2).at("/choices/0/delta/content").asText()).isEqualTo("é");
    assertThat(chunks.get(3).at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(chunks.get(3).has("hourglass")).isFalse();
    assertThat(chunks.get(4).at("/choices")).isEmpty();
    assertThat(chunks.get(4).at("/usage/total_tokens").asInt()).isEqualTo(13);
    assertThat(chunks.get(4).at("/usage/prompt_tokens_details/cached_tokens").asInt()).isEqualTo(7);
    assertThat(chunks.get(4).at("/hourglass/time_to_first_token_ms").asInt()).isEqualTo(42);
    assertThat(chunks.get(4).at("/hourglass/compressed_messages").asInt()).isEqualTo(2);
  }

  @Test
  void withoutUsageTheNoteIsOnTheFinishingChunk() throws IOException {
    AnswerStream stream = new ChatCompletionStream("chatcmpl-1", CREATED, "tiny", false);

    List<JsonNode> chunks =
        chunks(stream.text("a"), stream.ending(FinishReason.LENGTH, USAGE, NOTE));

    assertThat(chunks).hasSize(2);
    assertThat(chunks.get(0).has("usage")).isFalse();
    assertThat(chunks.get(1).at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(chunks.get(1).at("/hourglass/session_id").asText()).isEqualTo("sess_1");
  }

  @Test
  void aPlainStreamCountsOffsets() throws IOException {
    AnswerStream stream = new TextCompletionStream("cmpl-1", CREATED, "tiny", false);
    TokenProbability token =
        new TokenProbability(
            new TokenProbability.Token("ab", List.of(97, 98), -0.5),
            List.of(
                new TokenProbability.Token("\ufffd", List.of(200), -1),
                new TokenProbability.Token("\ufffd", List.of(201), Double.NEGATIVE_INFINITY)));

    List<JsonNode> chunks =
        chunks(
            stream.opening(),
            stream.text("ab", List.of(token)),
            stream.text("ab", List.of(token)),
            stream.ending(FinishReason.STOP, USAGE, NOTE));

    assertThat(chunks.get(0).at("/choices/0/logprobs/text_offset/0").asInt()).isZero();
    assertThat(chunks.get(1).at("/choices/0/logprobs/text_offset/0").asInt()).isEqualTo(2);
    assertThat(chunks.get(1).at("/choices/0/logprobs/top_logprobs/0")).hasSize(1);
    assertThat(chunks.get(1).at("/choices/0/text").asText()).isEqualTo("ab");
  }

  @Test
  void chatLogprobsHaveBytes() throws IOException {
    AnswerStream stream = new ChatCompletionStream("chatcmpl-1", CREATED, "tiny", false);
    TokenProbability token =
        new TokenProbability(
            new TokenProbability.Token("\ufffd", List.of(0xc3), Double.NEGATIVE_INFINITY),
            List.of());

    JsonNode chunk = chunks(stream.text("", List.of(token))).getFirst();

    assertThat(chunk.at("/choices/0/logprobs/content/0/bytes/0").asInt()).isEqualTo(0xc3);
    assertThat(chunk.at("/choices/0/logprobs/content/0/logprob").asDouble()).isEqualTo(-9999);
  }

  @Property(tries = 300)
  void anyTextSurvivesTheFrame(
      @ForAll @AlphaChars @NumericChars @Chars({'\n', '\r', '"', '\\', '\u2028', '\0', 'é', '漢'})
          String text)
      throws IOException {
    AnswerStream stream = new ChatCompletionStream("chatcmpl-1", CREATED, "tiny", false);

    assertThat(chunks(stream.text(text)).getFirst().at("/choices/0/delta/content").asText())
        .isEqualTo(text);
  }

  @Test
  void aFailureIsAnErrorEventWithoutDone() throws IOException {
    byte[] event = AnswerStream.failure(new ErrorBody("broke", "server_error", null, "x"));

    assertThat(new String(event, UTF_8)).doesNotContain("[DONE]");
    assertThat(chunks(event).getFirst().at("/error/message").asText()).isEqualTo("broke");
  }

  /** The JSON of every event, [DONE] apart. */
  private static List<JsonNode> chunks(byte[]... written) throws IOException {
    List<JsonNode> chunks = new ArrayList<>();
    for (byte[] events : written) {
      String text = new String(events, UTF_8);
      assertThat(text.isEmpty() || text.endsWith("\n\n")).isTrue();
      for (String event : text.split("\n\n", -1)) {
        if (event.isEmpty() || event.equals("data: [DONE]")) {
          continue;
        }
        assertThat(event).startsWith("data: ").doesNotContain("\n");
        chunks.add(MAPPER.readTree(event.substring("data: ".length())));
      }
    }
    return chunks;
  }
}
