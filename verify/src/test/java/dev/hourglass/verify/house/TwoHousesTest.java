package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.engine.remote.ServerKind;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.gguf.TinyModel;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One Hourglass that stands in front of another one. */
class TwoHousesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ApiKeys NO_KEYS = new ApiKeys(List.of());

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void whatIsDestroyedInFrontIsGoneBehind(@TempDir Path folder) throws Exception {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(5).write(model);
    LlamaSettings engine =
        LlamaSettings.of(model, "tiny", folder.resolve("native"))
            .withMaxSequences(2)
            .withThreads(ComputeThreads.of(1));
    try (RunningHouse behind = RunningHouse.start(engine, folder.resolve("behind"), NO_KEYS);
        RemoteEndpoint endpoint = endpoint(behind.base().resolve("/v1"));
        RunningHouse front = front(endpoint, folder)) {
      assertThat(
              endpoint.look().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join().kind())
          .isEqualTo(ServerKind.HOURGLASS);
      JsonNode session = json(send(front, "POST", "/v1/sessions", "{}", Map.of()));
      Map<String, String> token = Map.of("X-Session-Token", session.get("session_token").asText());
      String address = "/v1/sessions/" + session.get("session_id").asText();
      String question =
          "{\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":\"go on\"}]}";

      json(send(front, "POST", "/v1/chat/completions", question, token));
      JsonNode again = json(send(front, "POST", "/v1/chat/completions", question, token));

      assertThat(again.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isPositive();
      int held = behind.occupancy().usedTokens();
      assertThat(again.at("/hourglass/kv_tokens").asInt()).isPositive().isEqualTo(held);

      JsonNode receipt = json(send(front, "DELETE", address, "", Map.of()));

      assertThat(receipt.get("stages").findValuesAsText("outcome")).containsOnly("applied");
      assertThat(receipt.at("/residue/kv_tokens").isNumber()).isTrue();
      assertThat(receipt.at("/residue/kv_tokens").asInt()).isZero();
      assertThat(behind.occupancy().usedTokens()).isZero();
      assertThat(json(send(behind, "GET", "/v1/sessions", "", Map.of())).get("total").asInt())
          .isZero();
    }
  }

  @Test
  void aRingOfThemEnds(@TempDir Path folder) throws Exception {
    String question = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    try (ScriptedUpstream next = ScriptedUpstream.start("m");
        RemoteEndpoint endpoint = endpoint(next.base());
        RunningHouse front = front(endpoint, folder)) {
      send(front, "POST", "/v1/chat/completions", question, Map.of("X-Hourglass-Hops", "2"));
      HttpResponse<String> ended =
          send(front, "POST", "/v1/chat/completions", question, Map.of("X-Hourglass-Hops", "4"));

      assertThat(next.requests()).hasSize(1);
      assertThat(next.requests().getFirst().head()).containsIgnoringCase("X-Hourglass-Hops: 3");
      assertThat(ended.statusCode()).isEqualTo(400);
      assertThat(ended.body()).contains("in a ring");
    }
  }

  private RemoteEndpoint endpoint(URI base) {
    return new RemoteEndpoint(vertx, RemoteSettings.of(base), System::nanoTime);
  }

  private static RunningHouse front(RemoteEndpoint endpoint, Path folder)
      throws IOException, InterruptedException {
    String model = endpoint.look().toCompletableFuture().join().models().getFirst().id();
    return RunningHouse.start(
        _ -> new RemoteEngine(endpoint, model, model, 4096, (_, _) -> {}),
        folder.resolve("front"),
        NO_KEYS,
        engines -> RealTimeAdmission.open(engines, 16));
  }

  private HttpResponse<String> send(
      RunningHouse house, String method, String path, String body, Map<String, String> headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(house.base().resolve(path))
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
