package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.testkit.gguf.TinyModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes of the program, each of which is a server of the other. */
class TwoProcessesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String QUESTION =
      "{\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":\"go on\"}]}";

  private final HttpClient http = HttpClient.newHttpClient();
  @TempDir Path folder;

  @BeforeEach
  void makeFolders() throws IOException {
    Files.createDirectories(folder.resolve("front"));
    Files.createDirectories(folder.resolve("behind"));
  }

  @Test
  void aSessionThroughBothIsReleasedOnBoth() throws Exception {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(5).write(model);
    try (GatewayProcess behind = GatewayProcess.start(folder.resolve("behind"), model);
        GatewayProcess front =
            GatewayProcess.startInFront(
                folder.resolve("front"), "--upstream", behind.base() + "/v1")) {
      JsonNode session = json(send(front, "POST", "/v1/sessions", "{}", Map.of()));
      Map<String, String> token = Map.of("X-Session-Token", session.get("session_token").asText());
      json(send(front, "POST", "/v1/chat/completions", QUESTION, token));
      JsonNode again = json(send(front, "POST", "/v1/chat/completions", QUESTION, token));

      assertThat(again.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isPositive();
      JsonNode held = json(send(behind, "GET", "/v1/sessions", "", Map.of()));
      assertThat(held.get("total").asInt()).isEqualTo(1);
      assertThat(held.at("/data/0/kv_tokens").asInt())
          .isPositive()
          .isEqualTo(again.at("/hourglass/kv_tokens").asInt());

      String address = "/v1/sessions/" + session.get("session_id").asText();
      JsonNode receipt = json(send(front, "DELETE", address, "", Map.of()));

      assertThat(receipt.get("stages").findValuesAsText("outcome")).containsOnly("applied");
      assertThat(receipt.at("/residue/kv_tokens").isNumber()).isTrue();
      assertThat(receipt.at("/residue/kv_tokens").asInt()).isZero();
      for (GatewayProcess each : new GatewayProcess[] {front, behind}) {
        assertThat(json(send(each, "GET", "/v1/sessions", "", Map.of())).get("total").asInt())
            .isZero();
      }
      assertThat(send(front, "POST", "/v1/chat/completions", QUESTION, token).statusCode())
          .isEqualTo(401);
    }
  }

  @Test
  void aRingOfThemEndsWithAnErrorThatSaysSo() throws Exception {
    Path config = folder.resolve("hourglass.yaml");
    // Nobody is there at first: each can only name the other once that one has a port.
    Files.writeString(config, pool("http://127.0.0.1:1/v1"));
    try (GatewayProcess one =
            GatewayProcess.startInFront(folder.resolve("front"), "--config", config.toString());
        GatewayProcess other =
            GatewayProcess.startInFront(
                folder.resolve("behind"), "--upstream", one.base() + "/v1")) {
      Files.writeString(config, pool(other.base() + "/v1"));
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              send(one, "GET", "/v1/endpoints", "", Map.of())
                  .body()
                  .contains(other.base().getAuthority()));
      String question = QUESTION.replace("{\"max", "{\"model\":\"ring\",\"max");

      for (GatewayProcess each : new GatewayProcess[] {one, other}) {
        HttpResponse<String> ended = send(each, "POST", "/v1/chat/completions", question, Map.of());

        assertThat(ended.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(ended.body()).at("/error/message").asText()).contains("in a ring");
        assertThat(send(each, "GET", "/readyz", "", Map.of()).statusCode()).isEqualTo(200);
      }
    }
  }

  private static String pool(String address) {
    return """
    pools:
      - name: ring
        models: [ring]
        endpoints:
          - url: %s
    """
        .formatted(address);
  }

  private HttpResponse<String> send(
      GatewayProcess gateway, String method, String path, String body, Map<String, String> headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway.base() + path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isBetween(200, 202);
    return JSON.readTree(response.body());
  }
}
