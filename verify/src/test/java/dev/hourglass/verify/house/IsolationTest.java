package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.gguf.TinyModel;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tenant A never reaches tenant B's session, transcript, receipt, slot or prefix. */
class IsolationTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MARK = "the marked secret of tenant B, long enough to be shared";

  private final HttpClient http = HttpClient.newHttpClient();
  private RunningHouse house;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(5).write(model);
    house =
        RunningHouse.start(
            LlamaSettings.of(model, "tiny", folder.resolve("native"))
                .withMaxSequences(2)
                .withThreads(ComputeThreads.of(1)),
            folder.resolve("data"),
            new ApiKeys(
                List.of(
                    ApiKeys.Key.of(new TenantId("a"), "key-a"),
                    ApiKeys.Key.of(new TenantId("b"), "key-b"))));
  }

  @AfterEach
  void stop() {
    house.close();
  }

  @Test
  void aForeignSessionIsNotThere() throws Exception {
    JsonNode session =
        json(
            send(
                "key-b",
                "",
                "POST",
                "/v1/sessions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}".formatted(MARK)));
    String address = "/v1/sessions/" + session.get("session_id").asText();
    String token = session.get("session_token").asText();

    assertThat(send("key-a", "", "GET", address, "").statusCode()).isEqualTo(404);
    assertThat(send("key-a", "", "GET", address + "/messages", "").statusCode()).isEqualTo(404);
    assertThat(send("key-a", "", "GET", address + "/receipt", "").statusCode()).isEqualTo(404);
    assertThat(send("key-a", "", "DELETE", address, "").statusCode()).isEqualTo(404);
    assertThat(send("key-a", token, "GET", address + "/messages", "").statusCode())
        .as("the right token beside another tenant's key")
        .isEqualTo(401);
    assertThat(send("key-a", token, "POST", "/v1/chat/completions", chat("hi")).statusCode())
        .isEqualTo(401);
    assertThat(send("key-a", "", "GET", "/v1/sessions", "").body())
        .doesNotContain(session.get("session_id").asText());
    assertThat(send("key-b", token, "GET", address + "/messages", "").body()).contains(MARK);
    assertThat(send("key-b", token, "DELETE", address, "").statusCode()).isEqualTo(200);
    assertThat(send("key-a", "", "GET", address + "/receipt", "").statusCode()).isEqualTo(404);
    assertThat(send("key-b", "", "GET", address + "/receipt", "").statusCode()).isEqualTo(200);
  }

  @Test
  void aPrefixIsSharedWithinATenantAndNeverAcross() throws Exception {
    JsonNode first = json(send("key-b", "", "POST", "/v1/chat/completions", chat(MARK)));
    JsonNode sameTenant = json(send("key-b", "", "POST", "/v1/chat/completions", chat(MARK)));
    JsonNode otherTenant = json(send("key-a", "", "POST", "/v1/chat/completions", chat(MARK)));

    assertThat(cached(first)).isZero();
    assertThat(cached(sameTenant)).isPositive();
    assertThat(cached(otherTenant)).as("tenant A learns nothing of what B asked").isZero();
  }

  @Test
  void aSlotThatChangesHandsCarriesNothingOver() throws Exception {
    String alone = text(json(send("key-a", "", "POST", "/v1/chat/completions", chat("who?"))));
    for (int i = 0; i < 6; i++) {
      json(send("key-b", "", "POST", "/v1/chat/completions", chat(MARK + i)));
    }
    String after = text(json(send("key-a", "", "POST", "/v1/chat/completions", chat("who?"))));

    assertThat(after).isEqualTo(alone);
  }

  private static String chat(String text) {
    return """
    {"messages":[{"role":"user","content":"%s"}],"max_tokens":8,"temperature":0}\
    """
        .formatted(text);
  }

  private static int cached(JsonNode answer) {
    return answer.get("usage").get("prompt_tokens_details").get("cached_tokens").asInt();
  }

  private static String text(JsonNode answer) {
    return answer.get("choices").get(0).get("message").get("content").asText();
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isBetween(200, 201);
    return JSON.readTree(response.body());
  }

  private HttpResponse<String> send(
      String key, String token, String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(house.base().resolve(path))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("X-Session-Token", token);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
