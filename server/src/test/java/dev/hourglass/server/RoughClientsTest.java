package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.protocol.request.RequestLimits;
import dev.hourglass.server.TestHouse.Reply;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are broken, slow, greedy or gone. */
final class RoughClientsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final ConnectionLimits IMPATIENT =
      new ConnectionLimits(
          64,
          8 * 1024,
          1024,
          Duration.ofMillis(300),
          Duration.ofMillis(300),
          Duration.ofMillis(300),
          Duration.ofMillis(300),
          64 * 1024 * 1024);

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
        "{",
        "[]",
        "nonsense",
        "{\"messages\":5}",
        "{\"messages\":[]}",
        "{\"stream\":true}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}"
      })
  void badBodiesAreRefusedAndChangeNothing(String body) throws Exception {
    TestHouse house = start(TestHouse.plan());

    Reply reply = house.post(CHAT, body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
    assertThat(reply.json().at("/error/message").asText()).contains("(expected: ");
    assertThat(house.engine.requests()).isEmpty();
    assertThat(house.table.size()).isZero();
    assertThat(house.post(CHAT, user("fine")).status()).isEqualTo(200);
  }

  @Test
  void brokenUtf8IsRefused() throws Exception {
    TestHouse house = start(TestHouse.plan());
    byte[] body = user("caf\u00e9").getBytes(StandardCharsets.ISO_8859_1);

    Reply reply =
        house.send(
            house
                .request(CHAT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body)));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error/message").asText()).contains("UTF-8");
  }

  @Test
  void aHundredThousandMessagesAreRefused() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String message = "{\"role\":\"user\",\"content\":\"x\"}";

    Reply reply =
        house.post(CHAT, "{\"messages\":[" + message + ("," + message).repeat(99_999) + "]}");

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.errorCode()).isEqualTo("array_above_max_length");
    assertThat(reply.json().at("/error/param").asText()).isEqualTo("messages");
  }

  @Test
  void aHugeBodyIsRefusedWithAReason() throws Exception {
    TestHouse house = start(TestHouse.plan().requests(new RequestLimits(64 * 1024, 100, 64)));
    byte[] huge = new byte[4 * 1024 * 1024];
    Arrays.fill(huge, (byte) ' ');

    Reply declared =
        house.send(
            house
                .request(CHAT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(huge)));
    assertThat(declared.status()).isEqualTo(413);
    assertThat(declared.errorCode()).isEqualTo("request_too_large");

    Reply chunked =
        house.send(
            house
                .request(CHAT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(huge))));
    assertThat(chunked.status()).isEqualTo(413);
    assertThat(house.post(CHAT, user("fine")).status()).isEqualTo(200);
  }

  @Test
  void aBodyJustWithinTheLimitIsServed() throws Exception {
    TestHouse house = start(TestHouse.plan().requests(new RequestLimits(256 * 1024, 100, 64)));

    Reply reply = house.post(CHAT, user("x".repeat(250 * 1024)));

    assertThat(reply.status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain, 415",
    "application/x-www-form-urlencoded, 415",
    "application/json; charset=iso-8859-1, 415",
    "application/json; charset=UTF-8, 200",
    "Application/JSON, 200"
  })
  void onlyJsonIsRead(String contentType, int status) throws Exception {
    TestHouse house = start(TestHouse.plan());

    Reply reply =
        house.send(
            house
                .request(CHAT)
                .header("Content-Type", contentType)
                .POST(BodyPublishers.ofString(user("x"))));

    assertThat(reply.status()).isEqualTo(status);
  }

  @Test
  void compressedBodiesAreRefused() throws Exception {
    TestHouse house = start(TestHouse.plan());

    Reply reply = house.post(CHAT, user("x"), "Content-Encoding", "gzip");

    assertThat(reply.status()).isEqualTo(415);
    assertThat(reply.errorCode()).isEqualTo("unsupported_encoding");
  }

  @Test
  void pathsAndMethodsThatDoNotExistHaveTheEnvelopeToo() throws Exception {
    TestHouse house = start(TestHouse.plan());

    Reply nothing = house.get("/v1/nothing");
    assertThat(nothing.status()).isEqualTo(404);
    assertThat(nothing.errorCode()).isEqualTo("not_found");
    Reply method = house.delete("/v1/models");
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.header("allow")).isEqualTo("GET");
    assertThat(method.errorCode()).isEqualTo("method_not_allowed");
    Reply get = house.get(CHAT);
    assertThat(get.status()).isEqualTo(405);
    assertThat(get.header("allow")).isEqualTo("POST");
    assertThat(house.post("/nothing", "{}").status()).isEqualTo(404);
    assertThat(house.get("/../../etc/passwd").status()).isEqualTo(404);
    assertThat(house.get("/%2e%2e/openapi.yaml").status()).isEqualTo(404);
  }

  @Test
  void requestIdsComeBack() throws Exception {
    TestHouse house = start(TestHouse.plan());

    assertThat(house.get("/healthz", "X-Request-Id", "mine-1").header("x-request-id"))
        .isEqualTo("mine-1");
    assertThat(house.get("/healthz").header("x-request-id")).startsWith("req_");
    assertThat(house.get("/healthz", "X-Request-Id", "not ok").header("x-request-id"))
        .startsWith("req_");
    assertThat(house.post(CHAT, "{").header("x-request-id")).startsWith("req_");
  }

  @Test
  void aFloodOfHeadersIsRefused() throws Exception {
    TestHouse house = start(TestHouse.plan().connections(IMPATIENT));
    StringBuilder flood = new StringBuilder("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
    for (int number = 0; number < 2_000; number++) {
      flood.append("X-Flood-").append(number).append(": ").append("y".repeat(20)).append("\r\n");
    }

    assertThat(raw(house, flood + "\r\n"))
        .startsWith("HTTP/1.1 431 ")
        .contains("headers_too_large");
    assertThat(raw(house, "GET /" + "y".repeat(4_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .contains(" 414 ")
        .contains("uri_too_long");
    assertThat(raw(house, "nonsense\r\n\r\n")).contains(" 400 ").contains("malformed_http");
    assertThat(house.get("/healthz").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "GET /healthz", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "})
  void clientsThatNeverFinishTheirHeadersAreCut(String beginning) throws Exception {
    TestHouse house = start(TestHouse.plan().connections(IMPATIENT));

    assertThat(raw(house, beginning)).isEmpty();
  }

  @Test
  void clientsThatNeverFinishTheirBodyAreTold() throws Exception {
    TestHouse house = start(TestHouse.plan().connections(IMPATIENT));

    String answer =
        raw(
            house,
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"mess");

    assertThat(answer).startsWith("HTTP/1.1 408 ").contains("request_timeout");
    assertThat(house.engine.requests()).isEmpty();
  }

  @Test
  void idleConnectionsAreClosedAndBusyOnesAreNot() throws Exception {
    TestHouse house = start(TestHouse.plan().connections(IMPATIENT));
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("slow").thenAwaits(gate).thenSays(" answer"));
    String body = user("hi");
    try (Socket busy = house.socket();
        Socket idle = house.socket()) {
      TestHouse.write(busy, head(body) + body);
      TestHouse.write(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");

      // The idle one is closed only after its patience, which the busy one outlives.
      assertThat(TestHouse.readToEnd(idle)).startsWith("HTTP/1.1 200 ");
      gate.countDown();
      assertThat(TestHouse.readToEnd(busy)).contains("slow answer");
    }
  }

  @Test
  void clientsThatDoNotReadAreCut() throws Exception {
    TestHouse house = start(TestHouse.plan().connections(IMPATIENT));
    CountDownLatch never = new CountDownLatch(1);
    String[] flood = new String[400];
    Arrays.fill(flood, "z".repeat(64 * 1024));
    house.engine.next(Script.says(flood).thenAwaits(never));
    String body = "{\"stream\":true," + user("hi").substring(1);
    try (Socket socket = house.socket()) {
      TestHouse.write(socket, head(body) + body);

      await().until(() -> house.gateway.turnsInFlight() == 0 && !house.engine.ends().isEmpty());
      assertThat(house.engine.ends().getFirst()).isInstanceOf(GenerationEnd.Cancelled.class);
    }
  }

  @Test
  void clientsThatLeaveTooMuchUnreadAreCut() throws Exception {
    ConnectionLimits patient =
        new ConnectionLimits(
            64,
            8 * 1024,
            1024,
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            1024 * 1024);
    TestHouse house = start(TestHouse.plan().connections(patient));
    String[] flood = new String[400];
    Arrays.fill(flood, "z".repeat(64 * 1024));
    house.engine.next(Script.says(flood).thenAwaits(new CountDownLatch(1)));
    String body = "{\"stream\":true," + user("hi").substring(1);
    try (Socket socket = house.socket()) {
      TestHouse.write(socket, head(body) + body);

      await().until(() -> !house.engine.ends().isEmpty());
      assertThat(house.engine.ends().getFirst()).isInstanceOf(GenerationEnd.Cancelled.class);
    }
  }

  @Test
  void connectionsBeyondTheLimitAreClosed() throws Exception {
    TestHouse house =
        start(
            TestHouse.plan()
                .connections(
                    new ConnectionLimits(
                        2,
                        8 * 1024,
                        1024,
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(20),
                        1024 * 1024)));
    try (Socket first = house.socket();
        Socket second = house.socket()) {
      ask(first);
      ask(second);
      await().untilAsserted(() -> assertThat(raw(house, "")).isEmpty());
      ask(first);
    }
    await().untilAsserted(() -> assertThat(house.get("/healthz").status()).isEqualTo(200));
  }

  /** One request on a connection that stays open. */
  private static void ask(Socket socket) throws IOException {
    TestHouse.write(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    StringBuilder answer = new StringBuilder();
    while (!answer.toString().endsWith("{\"status\":\"ok\"}")) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new AssertionError("closed after " + answer);
      }
      answer.append((char) next);
    }
  }

  private static String head(String body) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n";
  }

  /** What the server says until it closes, which it has to do. */
  private static String raw(TestHouse house, String request) throws IOException {
    try (Socket socket = house.socket()) {
      TestHouse.write(socket, request);
      return TestHouse.readToEnd(socket);
    } catch (SocketException reset) {
      return "";
    }
  }
}
