package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.VllmDialect;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that shares what it has computed between all requests, behind a gateway with keys. */
class TenantsApartTest {
  private static final Pattern CACHED = Pattern.compile("\"cached_tokens\":(\\d+)");

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient http = HttpClient.newHttpClient();
  private final ScriptedUpstream upstream = ScriptedUpstream.speaking(VllmDialect.of("m"));
  private RemoteEndpoint endpoint;
  private RunningHouse house;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    endpoint = new RemoteEndpoint(vertx, RemoteSettings.of(upstream.base()), System::nanoTime);
    endpoint.look().toCompletableFuture().join();
    house =
        RunningHouse.start(
            _ -> new RemoteEngine(endpoint, "m", "m", 0, (_, _) -> {}),
            folder,
            new ApiKeys(
                List.of(
                    ApiKeys.Key.of(new TenantId("acme"), "key-a"),
                    ApiKeys.Key.of(new TenantId("other"), "key-o"))),
            engines -> RealTimeAdmission.open(engines, 16));
  }

  @AfterEach
  void stop() {
    house.close();
    endpoint.close();
    upstream.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void nobodyFindsWhatAnotherTenantLeft() throws IOException, InterruptedException {
    assertThat(cached("key-a", "")).isZero();
    assertThat(cached("key-a", "")).isPositive();
    assertThat(cached("key-o", "")).isZero();
  }

  @Test
  void aClientsOwnSaltCountsWithinItsTenant() throws IOException, InterruptedException {
    assertThat(cached("key-a", "\"cache_salt\":\"user-1\",")).isZero();
    assertThat(cached("key-a", "\"cache_salt\":\"user-1\",")).isPositive();
    assertThat(cached("key-a", "\"cache_salt\":\"user-2\",")).as("another user").isZero();
    assertThat(cached("key-o", "\"cache_salt\":\"user-1\",")).as("another tenant").isZero();
  }

  private int cached(String key, String member) throws IOException, InterruptedException {
    String answer =
        http.send(
                HttpRequest.newBuilder(house.base().resolve("/v1/chat/completions"))
                    .header("Content-Type", "application/json")
                    .header("Authorization", "Bearer " + key)
                    .POST(
                        BodyPublishers.ofString(
                            "{\"model\":\"m\",\"stream\":true,"
                                + "\"stream_options\":{\"include_usage\":true},"
                                + member
                                + "\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\""
                                + "word ".repeat(40)
                                + "\"}]}"))
                    .build(),
                BodyHandlers.ofString())
            .body();
    Matcher cached = CACHED.matcher(answer);
    assertThat(cached.find()).as(answer).isTrue();
    return Integer.parseInt(cached.group(1));
  }
}
