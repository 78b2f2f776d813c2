package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.JSON;
import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.server.TestHouse.Reply;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Completions, streamed and whole, over real HTTP. */
final class ChatTest {
  private static final String CHAT = "/v1/chat/completions";

  private TestHouse house;

  @BeforeEach
  void start() throws Exception {
    house = TestHouse.plan().start();
  }

  @AfterEach
  void stop() throws Exception {
    house.close();
  }

  @Test
  void aWholeAnswerTellsUsageAndSession() throws Exception {
    Reply reply = house.post(CHAT, user("hi there"));

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).isEqualTo("application/json");
    JsonNode body = reply.json();
    assertThat(body.at("/object").asText()).isEqualTo("chat.completion");
    assertThat(body.at("/model").asText()).isEqualTo(TestHouse.MODEL);
    assertThat(body.at("/choices/0/message/content").asText()).isEqualTo("Hello, world!");
    assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(body.at("/usage/prompt_tokens").asInt()).isEqualTo(4);
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(4);
    assertThat(body.at("/hourglass/session_id").asText())
        .isEqualTo(reply.header("x-session-id"))
        .startsWith("sess_");
    assertThat(body.at("/hourglass/residency").asText()).isEqualTo("hot");
    assertThat(body.at("/hourglass/kv_tokens").asInt())
        .isEqualTo(house.engine.kvTokens(house.engine.requests().getFirst().session()));
  }

  @Test
  void aResentHistoryIsRecognisedAndReused() throws Exception {
    Reply first = house.post(CHAT, user("hi there"));
    Reply second =
        house.post(
            CHAT,
            """
            {"messages":[{"role":"user","content":"hi there"},
                         {"role":"assistant","content":"Hello, world!"},
                         {"role":"user","content":"and now?"}]}
            """);

    assertThat(second.header("x-session-id")).isEqualTo(first.header("x-session-id"));
    assertThat(second.json().at("/usage/prompt_tokens_details/cached_tokens").asInt())
        .isEqualTo(first.json().at("/hourglass/kv_tokens").asInt());
  }

  @Test
  void aStreamComesInOrderAndEndsWithUsageAndDone() throws Exception {
    Reply reply =
        house.post(
            CHAT,
            """
            {"messages":[{"role":"user","content":"hi"}],"stream":true,
             "stream_options":{"include_usage":true}}
            """);

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).isEqualTo("text/event-stream");
    List<String> events = reply.events();
    assertThat(events.getLast()).isEqualTo("[DONE]");
    List<JsonNode> chunks = new ArrayList<>();
    for (String event : events.subList(0, events.size() - 1)) {
      chunks.add(JSON.readTree(event));
    }
    assertThat(chunks.getFirst().at("/choices/0/delta/role").asText()).isEqualTo("assistant");
    StringBuilder text = new StringBuilder();
    chunks.forEach(chunk -> text.append(chunk.at("/choices/0/delta/content").asText("")));
    assertThat(text).hasToString("Hello, world!");
    assertThat(chunks.get(chunks.size() - 2).at("/choices/0/finish_reason").asText())
        .isEqualTo("stop");
    assertThat(chunks.getLast().at("/choices")).isEmpty();
    assertThat(chunks.getLast().at("/usage/completion_tokens").asInt()).isEqualTo(4);
    assertThat(chunks.getLast().at("/hourglass/session_id").asText())
        .isEqualTo(reply.header("x-session-id"));
    assertThat(chunks)
        .extracting(chunk -> chunk.at("/id").asText())
        .containsOnly(chunks.getFirst().at("/id").asText());
  }

  @Test
  void textArrivesWhileTheEngineIsStillAtWork() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("early").thenAwaits(gate).thenSays(" late"));

    HttpResponse<InputStream> response =
        house
            .client()
            .send(house.posting(CHAT, streamed("hi")).build(), BodyHandlers.ofInputStream());
    try (InputStream stream = response.body()) {
      String early = readUntil(stream, "early");
      assertThat(early).contains("assistant").doesNotContain("late");
      gate.countDown();
      assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
          .contains("late")
          .endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void aClientThatLeavesMidStreamCancelsItsTurn() throws Exception {
    house.engine.next(Script.says("early").thenAwaits(new CountDownLatch(1)).thenSays("late"));
    try (Socket socket = house.socket()) {
      String body = streamed("hi");
      TestHouse.write(socket, head(body) + body);
      readUntil(socket.getInputStream(), "early");
    }

    await().until(() -> house.engine.ends().size() == 1);
    assertThat(house.engine.ends().getFirst()).isInstanceOf(GenerationEnd.Cancelled.class);
    await().until(() -> house.gateway.turnsInFlight() == 0);
  }

  @Test
  void aClientThatLeavesBeforeTheAnswerCancelsItsTurn() throws Exception {
    house.engine.next(Script.says("early").thenAwaits(new CountDownLatch(1)).thenSays("late"));
    try (Socket socket = house.socket()) {
      String body = user("hi");
      TestHouse.write(socket, head(body) + body);
      await().until(() -> house.engine.running() == 1);
    }

    await().until(() -> house.engine.ends().size() == 1);
    assertThat(house.engine.ends().getFirst()).isInstanceOf(GenerationEnd.Cancelled.class);
    await().until(() -> house.gateway.turnsInFlight() == 0);
  }

  @Test
  void anEngineThatDiesMidStreamIsToldAndNotDone() throws Exception {
    house.engine.next(Script.says("half an ").thenDies(EngineFault.Kind.INTERNAL, "decode failed"));

    Reply reply = house.post(CHAT, streamed("hi"));

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text()).contains("half an ").doesNotContain("[DONE]");
    JsonNode last = JSON.readTree(reply.events().getLast());
    assertThat(last.at("/error/code").asText()).isEqualTo("engine_error");
    assertThat(last.at("/error/message").asText()).isEqualTo("decode failed");
  }

  @Test
  void anEngineThatDiesMidAnswerIsA500() throws Exception {
    house.engine.next(Script.says("half an ").thenDies(EngineFault.Kind.INTERNAL, "decode failed"));

    Reply reply = house.post(CHAT, user("hi"));

    assertThat(reply.status()).isEqualTo(500);
    assertThat(reply.errorCode()).isEqualTo("engine_error");
  }

  @Test
  void aFaultBeforeTheStreamHasAStatusOfItsOwn() throws Exception {
    house.engine.next(
        Script.says().thenDies(EngineFault.Kind.PROMPT_TOO_LONG, "prompt: 9 tokens (expected: 8)"));
    Reply tooLong = house.post(CHAT, streamed("hi"));
    assertThat(tooLong.status()).isEqualTo(400);
    assertThat(tooLong.errorCode()).isEqualTo("context_length_exceeded");
    assertThat(tooLong.json().at("/error/param").asText()).isEqualTo("messages");

    house.engine.next(Script.says().thenDies(EngineFault.Kind.OVERLOADED, "queue is full"));
    Reply overloaded = house.post(CHAT, streamed("hi"));
    assertThat(overloaded.status()).isEqualTo(503);
    assertThat(overloaded.header("retry-after")).isEqualTo("1");
  }

  @Test
  void compressionIsToldInHeadersAndBody() throws Exception {
    house.engine.next(Script.says("ok").compressing(3));
    Reply reply = house.post(CHAT, user("hi"));

    assertThat(reply.header("x-hourglass-compressed-messages")).isEqualTo("3");
    assertThat(reply.json().at("/hourglass/compressed_messages").asInt()).isEqualTo(3);
  }

  @Test
  void samplingReachesTheEngine() throws Exception {
    house.post(
        CHAT,
        """
        {"messages":[{"role":"user","content":"hi"}],"temperature":0.25,"seed":7,"stop":"x",
         "max_completion_tokens":2,"top_k":3}
        """);

    Sampling sampling = house.engine.requests().getFirst().sampling();
    assertThat(sampling.temperature()).isEqualTo(0.25);
    assertThat(sampling.seed()).isEqualTo(7);
    assertThat(sampling.stop()).containsExactly("x");
    assertThat(sampling.topK()).isEqualTo(3);
    assertThat(sampling.minP()).isEqualTo(Sampling.DEFAULTS.minP());
    assertThat(house.engine.requests().getFirst().maxTokens()).isEqualTo(2);
  }

  @Test
  void logprobsAreTold() throws Exception {
    house.engine.next(Script.says("é"));
    Reply reply =
        house.post(
            CHAT,
            """
            {"messages":[{"role":"user","content":"hi"}],"logprobs":true,"top_logprobs":2}
            """);

    JsonNode token = reply.json().at("/choices/0/logprobs/content/0");
    assertThat(token.at("/token").asText()).isEqualTo("é");
    assertThat(token.at("/bytes/0").asInt()).isEqualTo(0xc3);
    assertThat(token.at("/top_logprobs")).hasSize(2);
  }

  @Test
  void aPlainCompletionKeepsNoSession() throws Exception {
    Reply reply = house.post("/v1/completions", "{\"prompt\":\"once upon\",\"max_tokens\":2}");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().at("/object").asText()).isEqualTo("text_completion");
    assertThat(reply.json().at("/choices/0/text").asText()).isEqualTo("Hello, ");
    assertThat(reply.json().at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(reply.json().at("/hourglass/session_id").isNull()).isTrue();
    assertThat(reply.header("x-session-id")).isEmpty();
    await().until(() -> house.table.size() == 0);
  }

  @Test
  void aPlainCompletionStreams() throws Exception {
    Reply reply = house.post("/v1/completions", "{\"prompt\":\"once\",\"stream\":true}");

    StringBuilder text = new StringBuilder();
    for (String event : reply.events()) {
      if (!event.equals("[DONE]")) {
        text.append(JSON.readTree(event).at("/choices/0/text").asText());
      }
    }
    assertThat(text).hasToString("Hello, world!");
    assertThat(reply.events().getLast()).isEqualTo("[DONE]");
  }

  @Test
  void anUnknownModelIsNotFound() throws Exception {
    Reply reply =
        house.post(
            CHAT, "{\"model\":\"no-such\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

    assertThat(reply.status()).isEqualTo(404);
    assertThat(reply.errorCode()).isEqualTo("model_not_found");
    assertThat(reply.json().at("/error/param").asText()).isEqualTo("model");
    assertThat(house.engine.requests()).isEmpty();
  }

  @Test
  void manyStreamsAtOnceKeepToThemselves() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int number = 0; number < 40; number++) {
      answers.add(
          house
              .client()
              .sendAsync(
                  house.posting(CHAT, streamed("number " + number)).build(),
                  BodyHandlers.ofString()));
    }
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get().statusCode()).isEqualTo(200);
      assertThat(answer.get().body()).endsWith("data: [DONE]\n\n");
    }
    await().until(() -> house.gateway.turnsInFlight() == 0);
  }

  private static String streamed(String content) {
    return "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}";
  }

  private static String head(String body) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Type: application/json\r\nContent-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n";
  }

  private static String readUntil(InputStream stream, String wanted) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(wanted) < 0) {
      int next = stream.read();
      if (next < 0) {
        throw new AssertionError("the stream ended without " + wanted + ": " + read);
      }
      read.append((char) next);
    }
    return read.toString();
  }
}
