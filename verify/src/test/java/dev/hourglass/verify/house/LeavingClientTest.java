package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.UpstreamScript;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that leave while their server says nothing, so that no write can tell. */
class LeavingClientTest {
  private static final int CLIENTS = 20;
  private static final String QUESTION =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final Vertx vertx = Vertx.vertx();
  private final ScriptedUpstream upstream = ScriptedUpstream.start("m");
  private RemoteEndpoint endpoint;
  private RunningHouse house;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    endpoint = new RemoteEndpoint(vertx, RemoteSettings.of(upstream.base()), System::nanoTime);
    house =
        RunningHouse.start(
            _ -> new RemoteEngine(endpoint, "m", "m", 0, (_, _) -> {}),
            folder,
            new ApiKeys(List.of()),
            engines -> RealTimeAdmission.open(engines, CLIENTS));
  }

  @AfterEach
  void stop() {
    house.close();
    endpoint.close();
    upstream.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void takeTheirGenerationsWithThem() throws Exception {
    for (int client = 0; client < CLIENTS; client++) {
      upstream.next(
          UpstreamScript.stream()
              .then(UpstreamScript.says("Hel"))
              .thenAwaits(new CountDownLatch(1)));
      // A client of its own, so that its leaving closes its connection.
      try (HttpClient http = HttpClient.newHttpClient();
          InputStream answer =
              http.send(
                      HttpRequest.newBuilder(URI.create(house.base() + "/v1/chat/completions"))
                          .header("Content-Type", "application/json")
                          .POST(HttpRequest.BodyPublishers.ofString(QUESTION))
                          .build(),
                      BodyHandlers.ofInputStream())
                  .body()) {
        assertThat(answer.read()).isNotNegative();
        assertThat(house.gateway().turnsInFlight()).isEqualTo(1);
        http.shutdownNow();
      }

      assertThat(upstream.awaitLeaver()).as("client %d", client).isTrue();
      await().until(() -> house.gateway().turnsInFlight() == 0);
    }
  }
}
