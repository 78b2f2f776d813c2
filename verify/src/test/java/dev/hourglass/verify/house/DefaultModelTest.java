package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The default model, as a newcomer gets it. */
class DefaultModelTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void answersInWordsAndReusesTheFirstTurnInTheSecond(@TempDir Path folder) throws Exception {
    try (GatewayProcess gateway = GatewayProcess.startWithDefaultModel(folder)) {
      ArrayNode messages = JSON.createArrayNode();
      JsonNode first = ask(gateway.base(), messages, "What is the capital of France?");
      JsonNode second = ask(gateway.base(), messages, "And in which continent is it?");

      assertThat(text(first)).contains("Paris").matches("[\\p{L}\\p{P}\\p{N}\\p{Sc}\\s]+");
      assertThat(text(second)).matches("[\\p{L}\\p{P}\\p{N}\\p{Sc}\\s]+");
      JsonNode usage = second.get("usage");
      assertThat(usage.get("prompt_tokens_details").get("cached_tokens").asInt())
          .as("everything up to the end of the first answer")
          .isGreaterThanOrEqualTo(first.get("usage").get("total_tokens").asInt() - 1)
          .isLessThan(usage.get("prompt_tokens").asInt());
      assertThat(session(second)).isEqualTo(session(first));
    }
  }

  private JsonNode ask(URI base, ArrayNode messages, String question)
      throws IOException, InterruptedException {
    messages.addObject().put("role", "user").put("content", question);
    ObjectNode body = JSON.createObjectNode().put("temperature", 0).put("max_tokens", 40);
    body.set("messages", messages);
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(base.resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode answer = JSON.readTree(response.body());
    messages.addObject().put("role", "assistant").put("content", text(answer));
    return answer;
  }

  private static String text(JsonNode answer) {
    return answer.get("choices").get(0).get("message").get("content").asText();
  }

  private static String session(JsonNode answer) {
    return answer.get("hourglass").get("session_id").asText();
  }
}
