package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.protocol.request.RequestLimits;
import dev.hourglass.server.TestHouse.Reply;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may come in, and who may do what. */
final class AccessTest {
  private static final String EVIL_HOST = "Host: evil.example\r\n";
  private static final String CLOSE = "Connection: close\r\n\r\n";
  private static final ApiKeys.Key ALICE = ApiKeys.Key.of(new TenantId("alice"), "key-of-alice");
  private static final ApiKeys.Key BOB = ApiKeys.Key.of(new TenantId("bob"), "key-of-bob");

  private @Nullable TestHouse running;

  @AfterEach
  void stop() throws Exception {
    if (running != null) {
      running.close();
    }
  }

  private TestHouse start(TestHouse.Plan plan) throws Exception {
    TestHouse house = plan.start();
    running = house;
    return house;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer wrong",
        "Bearer ",
        "Basic a2V5",
        "key-of-alice",
        "Bearer KEY-OF-ALICE"
      })
  void withoutAKeyNothingIsServed(String authorization) throws Exception {
    TestHouse house = start(TestHouse.plan().keys(ALICE, BOB));
    String[] headers =
        authorization.isEmpty() ? new String[0] : new String[] {"Authorization", authorization};

    for (Reply reply :
        List.of(
            house.get("/v1/models", headers),
            house.get("/v1/sessions", headers),
            house.get("/metrics", headers),
            house.post("/v1/chat/completions", user("x"), headers),
            house.post("/v1/sessions", "{}", headers))) {
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.errorCode()).isEqualTo("invalid_api_key");
      assertThat(reply.header("www-authenticate")).startsWith("Bearer");
    }
    assertThat(house.engine.requests()).isEmpty();
    assertThat(house.get("/healthz", headers).status()).isEqualTo(200);
    assertThat(house.get("/readyz", headers).status()).isEqualTo(200);
    assertThat(house.get("/openapi.yaml", headers).status()).isEqualTo(200);
  }

  @Test
  void aKeyStandsForItsTenant() throws Exception {
    TestHouse house = start(TestHouse.plan().keys(ALICE, BOB));
    String[] alice = {"Authorization", "Bearer key-of-alice"};
    String[] bob = {"Authorization", "bearer key-of-bob"};
    JsonNode session = house.post("/v1/sessions", "{}", alice).json();
    String id = session.at("/session_id").asText();
    String token = session.at("/session_token").asText();

    assertThat(house.get("/v1/sessions", alice).json().at("/data")).hasSize(1);
    assertThat(house.get("/v1/sessions", bob).json().at("/data")).isEmpty();
    assertThat(house.get("/v1/sessions/" + id, bob).status()).isEqualTo(404);
    assertThat(house.get("/v1/sessions/" + id + "/messages", bob).status()).isEqualTo(404);
    assertThat(house.delete("/v1/sessions/" + id, bob).status()).isEqualTo(404);

    Reply stolen =
        house.post(
            "/v1/chat/completions",
            user("x"),
            "Authorization",
            "Bearer key-of-bob",
            "X-Session-Token",
            token);
    assertThat(stolen.status()).isEqualTo(401);
    assertThat(stolen.errorCode()).isEqualTo("invalid_session_token");
    Reply keyless = house.post("/v1/chat/completions", user("x"), "X-Session-Token", token);
    assertThat(keyless.errorCode()).isEqualTo("invalid_api_key");

    assertThat(house.delete("/v1/sessions/" + id, alice).status()).isEqualTo(200);
    assertThat(house.get("/v1/sessions/" + id + "/receipt", bob).status()).isEqualTo(404);
    assertThat(house.get("/v1/sessions/" + id + "/receipt", alice).status()).isEqualTo(200);
  }

  @Test
  void twoTenantsWithTheSameWordsAreTwoSessions() throws Exception {
    TestHouse house = start(TestHouse.plan().keys(ALICE, BOB));
    String history =
        """
        {"messages":[{"role":"user","content":"same"},
                     {"role":"assistant","content":"Hello, world!"},
                     {"role":"user","content":"words"}]}
        """;
    house.post("/v1/chat/completions", user("same"), "Authorization", "Bearer key-of-alice");

    Reply alice =
        house.post("/v1/chat/completions", history, "Authorization", "Bearer key-of-alice");
    Reply bob = house.post("/v1/chat/completions", history, "Authorization", "Bearer key-of-bob");

    assertThat(alice.header("x-session-id")).isNotEqualTo(bob.header("x-session-id"));
    assertThat(alice.json().at("/usage/prompt_tokens_details/cached_tokens").asInt()).isPositive();
    assertThat(bob.json().at("/usage/prompt_tokens_details/cached_tokens").asInt()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "localhost,                  ,                     200",
    "localhost:1234,             ,                     200",
    "127.0.0.1,                  ,                     200",
    "127.9.9.9:80,               ,                     200",
    "[::1]:8080,                 ,                     200",
    "LOCALHOST,                  ,                     200",
    "localhost:99,               http://localhost:99,  200",
    "evil.example,               ,                     403",
    "evil.example:8080,          ,                     403",
    "localhost.evil.example,     ,                     403",
    "127.0.0.1.evil.example,     ,                     403",
    "'',                         ,                     403",
    "localhost:99,               http://evil.example,  403",
    "localhost:99,               http://localhost:98,  403",
    "localhost:99,               null,                 403"
  })
  void openLoopbackServesItsOwnOnly(String host, @Nullable String origin, int status)
      throws Exception {
    TestHouse house = start(TestHouse.plan());

    String answer =
        raw(
            house,
            "GET /v1/models HTTP/1.1\r\nHost: "
                + host
                + "\r\n"
                + (origin == null ? "" : "Origin: " + origin + "\r\n")
                + "Connection: close\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
    if (status == 403) {
      assertThat(answer).contains(origin == null ? "forbidden_host" : "forbidden_origin");
    }
  }

  @Test
  void oneHostIsNeeded() throws Exception {
    TestHouse house = start(TestHouse.plan());

    assertThat(raw(house, "GET /healthz HTTP/1.0\r\n\r\n")).contains("forbidden_host");
    assertThat(raw(house, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + EVIL_HOST + CLOSE))
        .doesNotStartWith("HTTP/1.1 200");
  }

  @Test
  void aBrowsersFormOfAnotherSiteDoesNothing() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String body = user("x");

    String answer =
        raw(
            house,
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                + "Content-Length: "
                + body.length()
                + "\r\nConnection: close\r\n\r\n"
                + body);

    assertThat(answer).startsWith("HTTP/1.1 415 ");
    assertThat(house.engine.requests()).isEmpty();
  }

  @Test
  void anAddressThatOthersReachNeedsKeys() {
    assertThatThrownBy(() -> listen("0.0.0.0", false, ApiKeys.none()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0.0.0.0")
        .hasMessageContaining("--insecure");
  }

  @Test
  void keysAreHashedAndNeverSaid() {
    assertThat(ALICE.toString()).doesNotContain("key-of-alice");
    assertThatThrownBy(() -> new ApiKeys.Key(TenantId.DEFAULT, "key-in-the-clear"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("key-in-the-clear");
  }

  @Test
  void aPortThatIsTakenIsAClearError() throws Exception {
    TestHouse house = start(TestHouse.plan());

    assertThatThrownBy(() ->
            HourglassServer.start(
                new HttpServerSettings(
                    "127.0.0.1",
                    house.server.port(),
                    false,
                    RequestLimits.DEFAULTS,
                    ConnectionLimits.DEFAULTS,
                    Duration.ofSeconds(2)),
                ApiKeys.none(),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                Runnable::run,
                new SecureRandom(),
                InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(":" + house.server.port());
  }

  private static void listen(String host, boolean insecure, ApiKeys keys) throws Exception {
    HourglassServer.start(
            new HttpServerSettings(
                host,
                0,
                insecure,
                RequestLimits.DEFAULTS,
                ConnectionLimits.DEFAULTS,
                Duration.ofSeconds(2)),
            keys,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            Runnable::run,
            new SecureRandom(),
            InstantSource.system())
        .close(Duration.ZERO);
  }

  private static String raw(TestHouse house, String request) throws IOException {
    try (Socket socket = house.socket()) {
      TestHouse.write(socket, request);
      return TestHouse.readToEnd(socket);
    }
  }
}
