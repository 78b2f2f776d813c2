package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.testkit.gguf.TinyModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients were told survives the end of the process, whichever end it is. */
class KilledProcessTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() {
    model = folder.resolve("tiny.gguf");
    TinyModel.endless(21).write(model);
  }

  @Test
  void aSessionGoesOnAfterKillInMidTurn() throws Exception {
    String session;
    String token;
    List<String> acknowledged = new ArrayList<>();
    try (GatewayProcess gateway = GatewayProcess.start(folder, model)) {
      JsonNode created = json(send(gateway.base(), "POST", "/v1/sessions", "", "{}"));
      session = created.get("session_id").asText();
      token = created.get("session_token").asText();
      for (int turn = 0; turn < 3; turn++) {
        acknowledged.add("question " + turn);
        JsonNode answer =
            json(send(gateway.base(), "POST", "/v1/chat/completions", token, ask(turn, 6)));
        acknowledged.add(answer.get("choices").get(0).get("message").get("content").asText());
      }
      try (BufferedReader stream = stream(gateway.base(), token, ask(3, 1_500))) {
        for (int events = 0; events < 8; events++) {
          assertThat(stream.readLine()).isNotNull();
        }
        gateway.kill();
      }
    }

    try (GatewayProcess restarted = GatewayProcess.start(folder, model)) {
      assertThat(messages(restarted.base(), session, token)).isEqualTo(acknowledged);
      JsonNode next =
          json(send(restarted.base(), "POST", "/v1/chat/completions", token, ask(4, 6)));

      assertThat(next.get("usage").get("prompt_tokens").asInt())
          .as("the history is part of the prompt")
          .isGreaterThan(String.join("", acknowledged).length());
      assertThat(next.get("usage").get("prompt_tokens_details").get("cached_tokens").asInt())
          .as("the KV state is rebuilt")
          .isZero();
      assertThat(messages(restarted.base(), session, token)).hasSize(acknowledged.size() + 2);
    }
  }

  @Test
  void onTermARunningTurnFinishesBeforeTheProcessEnds() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, model)) {
      JsonNode created = json(send(gateway.base(), "POST", "/v1/sessions", "", "{}"));
      String token = created.get("session_token").asText();
      List<String> events = new ArrayList<>();
      try (BufferedReader stream = stream(gateway.base(), token, ask(0, 400))) {
        events.add(stream.readLine());
        gateway.terminate();
        for (String line = stream.readLine(); line != null; line = stream.readLine()) {
          events.add(line);
        }
      }

      assertThat(events).contains("data: [DONE]");
      assertThat(gateway.exitCode()).as("143 is SIGTERM").isIn(0, 143);
      try (GatewayProcess restarted = GatewayProcess.start(folder, model)) {
        assertThat(messages(restarted.base(), created.get("session_id").asText(), token))
            .hasSize(2);
      }
    }
  }

  @Test
  void aTurnThatOutlivesTheDeadlineIsCutAndNotAcknowledged() throws Exception {
    try (GatewayProcess gateway =
        GatewayProcess.start(folder, model, "--set", "server.drain_deadline=1ms")) {
      JsonNode created = json(send(gateway.base(), "POST", "/v1/sessions", "", "{}"));
      String token = created.get("session_token").asText();
      List<String> events = new ArrayList<>();
      try (BufferedReader stream = stream(gateway.base(), token, ask(0, 1_900))) {
        events.add(stream.readLine());
        gateway.terminate();
        for (String line = stream.readLine(); line != null; line = stream.readLine()) {
          events.add(line);
        }
      } catch (IOException cut) {
        events.add("cut");
      }

      assertThat(events).doesNotContain("data: [DONE]");
      assertThat(gateway.exitCode()).isIn(0, 143);
    }
  }

  @Test
  void onTermImplicitSessionsEndExplicitOnesLiveOnAndHooksAreCalled() throws Exception {
    Path diary = folder.resolve("diary");
    String explicit;
    String explicitToken;
    String closed;
    String implicit;
    try (GatewayProcess gateway =
        GatewayProcess.startWithDiary(
            folder, model, diary, "--set", "server.drain_deadline=200ms")) {
      URI base = gateway.base();
      closed = json(send(base, "POST", "/v1/sessions", "", "{}")).get("session_id").asText();
      send(base, "DELETE", "/v1/sessions/" + closed, "", "");
      JsonNode created = json(send(base, "POST", "/v1/sessions", "", "{}"));
      explicit = created.get("session_id").asText();
      explicitToken = created.get("session_token").asText();
      json(send(base, "POST", "/v1/chat/completions", explicitToken, ask(0, 6)));
      implicit =
          json(send(base, "POST", "/v1/chat/completions", "", ask(1, 6)))
              .at("/hourglass/session_id")
              .asText();
      try (BufferedReader stream = stream(base, explicitToken, ask(2, 1_900))) {
        assertThat(stream.readLine()).isNotNull();

        long beginNanos = System.nanoTime();
        gateway.terminate();

        assertThat(gateway.exitCode()).as("143 is SIGTERM").isIn(0, 143);
        assertThat(Duration.ofNanos(System.nanoTime() - beginNanos))
            .as("draining, cutting, closing and releasing have their deadlines")
            .isLessThan(Duration.ofSeconds(30));
      }
    }

    assertThat(Files.readAllLines(diary))
        .containsExactly(
            closed + " ends: closed", implicit + " ends: shutdown", "the gateway stops");
    try (GatewayProcess restarted = GatewayProcess.start(folder, model)) {
      assertThat(messages(restarted.base(), explicit, explicitToken)).hasSize(2);
      assertThat(
              json(send(restarted.base(), "GET", "/v1/sessions/" + explicit, "", ""))
                  .get("state")
                  .asText())
          .isEqualTo("idle");
      assertThat(send(restarted.base(), "GET", "/v1/sessions/" + implicit, "", "").statusCode())
          .isEqualTo(404);
    }
  }

  private static String ask(int number, int maxTokens) {
    return """
    {"messages":[{"role":"user","content":"question %d"}],"max_tokens":%d}\
    """
        .formatted(number, maxTokens);
  }

  private List<String> messages(URI base, String session, String token)
      throws IOException, InterruptedException {
    List<String> contents = new ArrayList<>();
    for (JsonNode message :
        json(send(base, "GET", "/v1/sessions/" + session + "/messages", token, "")).get("data")) {
      if (message.get("status").asText().equals("completed")) {
        contents.add(message.get("content").asText());
      }
    }
    return contents;
  }

  private BufferedReader stream(URI base, String token, String body)
      throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(
            request(
                base,
                "POST",
                "/v1/chat/completions",
                token,
                body.replace("}],", "}],\"stream\":true,")),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
  }

  private HttpResponse<String> send(URI base, String method, String path, String token, String body)
      throws IOException, InterruptedException {
    return http.send(
        request(base, method, path, token, body), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest request(
      URI base, String method, String path, String token, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("X-Session-Token", token);
    }
    return request.build();
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isBetween(200, 201);
    return JSON.readTree(response.body());
  }
}
