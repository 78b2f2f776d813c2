package dev.hourglass.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Embeddings over HTTP, of a model that embeds a text as one over its length. */
final class EmbeddingsOverHttpTest {
  private TestHouse house;

  @BeforeEach
  void start() throws Exception {
    house = TestHouse.plan().start();
  }

  @AfterEach
  void stop() throws Exception {
    house.close();
  }

  private TestHouse.Reply embed(String body) throws Exception {
    return house.post("/v1/embeddings", body);
  }

  private void assertRefused(String body, String code, String message) throws Exception {
    TestHouse.Reply reply = embed(body);
    assertThat(reply.status()).as(body).isEqualTo(400);
    assertThat(reply.errorCode()).as(body).isEqualTo(code);
    assertThat(reply.json().at("/error/message").asText()).isEqualTo(message);
  }

  @Test
  void aTextOrSeveralAreEmbeddedInTheirOrder() throws Exception {
    JsonNode one = embed("{\"input\":\"word\"}").json();
    assertThat(one.at("/object").asText()).isEqualTo("list");
    assertThat(one.at("/model").asText()).isEqualTo(TestHouse.EMBEDDING_MODEL);
    assertThat(one.at("/data/0/embedding/0").asDouble()).isCloseTo(0.25, within(1e-6));
    assertThat(one.at("/usage/prompt_tokens").asInt()).isEqualTo(4);
    assertThat(one.at("/usage/total_tokens").asInt()).isEqualTo(4);

    JsonNode two =
        embed(
                """
                {"model":"lengths","input":["a","bb"],"encoding_format":"float","dimensions":2,
                 "user":"u"}
                """)
            .json();
    assertThat(two.at("/data/0/embedding/0").asDouble()).isEqualTo(1);
    assertThat(two.at("/data/1/embedding/0").asDouble()).isEqualTo(0.5);
    assertThat(two.at("/data/1/index").asInt()).isEqualTo(1);
  }

  @Test
  void base64IsTheSameInBytes() throws Exception {
    JsonNode reply = embed("{\"input\":\"word\",\"encoding_format\":\"base64\"}").json();
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(reply.at("/data/0/embedding").asText()))
            .order(ByteOrder.LITTLE_ENDIAN);

    assertThat(bytes.remaining()).isEqualTo(2 * Float.BYTES);
    assertThat(bytes.getFloat()).isEqualTo(0.25f);
  }

  @Test
  void whatCannotBeEmbeddedIsRefusedByName() throws Exception {
    assertRefused(
        "{}",
        "missing_required_parameter",
        "input: missing (expected: a text or an array of texts)");
    assertRefused(
        "{\"input\":[]}",
        "missing_required_parameter",
        "input: missing (expected: a text or an array of texts)");
    assertRefused(
        "{\"input\":[\"a\",\" \"]}",
        "invalid_value",
        "input[1]: blank (expected: a text that says something)");
    assertRefused(
        "{\"input\":[1,2]}",
        "invalid_type",
        "input[0]: a whole number (expected: a text or an array of texts; token ids are those of"
            + " other models)");
    assertRefused(
        "{\"input\":\"a\",\"encoding_format\":\"hex\"}",
        "invalid_value",
        "encoding_format: \"hex\" (expected: float or base64)");
    assertRefused(
        "{\"input\":\"a\",\"dimensions\":3}",
        "invalid_value",
        "dimensions: 3 (expected: 2, the model's own, or none)");
    assertRefused(
        "{\"input\":\"a\",\"stream\":true}",
        "unknown_parameter",
        "stream: unknown parameter (expected: a documented one)");
    assertRefused(
        "{\"input\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}",
        "array_above_max_length",
        "input: more texts than that (expected: at most 4)");
    assertRefused(
        "{\"input\":[\"" + "x".repeat(60) + "\",\"" + "y".repeat(60) + "\"]}",
        "string_above_max_length",
        "input: more than 100 characters in all (expected: at most as many; send the texts in"
            + " several requests)");
  }

  @Test
  void onlyModelsThatEmbedEmbed() throws Exception {
    TestHouse.Reply chat = embed("{\"input\":\"a\",\"model\":\"" + TestHouse.MODEL + "\"}");
    assertThat(chat.status()).isEqualTo(404);
    assertThat(chat.errorCode()).isEqualTo("model_not_found");
    assertThat(
            house
                .post(
                    "/v1/chat/completions",
                    "{\"model\":\"lengths\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
                .errorCode())
        .isEqualTo("model_not_found");
  }

  @Test
  void aModelThatCannotBeUsedSaysWhy() throws Exception {
    TestHouse.Reply reply = embed("{\"input\":\"" + TestHouse.UNEMBEDDABLE + "\"}");

    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.errorCode()).isEqualTo("embeddings_unavailable");
    assertThat(reply.json().at("/error/message").asText()).isEqualTo("no library");
  }

  @Test
  void modelsThatEmbedAreListedAfterThoseThatChat() throws Exception {
    JsonNode models = house.get("/v1/models").json();

    assertThat(models.at("/data/0/id").asText()).isEqualTo(TestHouse.MODEL);
    assertThat(models.at("/data/0").has("embedding_dimensions")).isFalse();
    assertThat(models.at("/data/1/id").asText()).isEqualTo("lengths");
    assertThat(models.at("/data/1/embedding_dimensions").asInt()).isEqualTo(2);
    assertThat(house.get("/v1/models/lengths").json()).isEqualTo(models.at("/data/1"));
  }

  @Test
  void whatIsEmbeddedIsCounted() throws Exception {
    embed("{\"input\":[\"a\",\"bb\"]}");

    assertThat(house.get("/metrics").text())
        .contains("hourglass_embeddings_texts_total 2.0", "hourglass_embeddings_tokens_total 3.0");
  }
}
