package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.UpstreamScript;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing of a client reaches a server but its words, and nothing of a server's secrets a client.
 */
class RelaySafetyTest {
  private static final String OURS = "sk-of-the-server";
  private static final String THEIRS = "key-of-the-client";
  private static final String QUESTION =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final Vertx vertx = Vertx.vertx();
  private final ScriptedUpstream upstream = ScriptedUpstream.start("m");
  private RemoteEndpoint endpoint;
  private RunningHouse house;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    endpoint =
        new RemoteEndpoint(
            vertx,
            RemoteSettings.of(upstream.base()).withCredential(new RemoteSettings.Credential(OURS)),
            System::nanoTime);
    house =
        RunningHouse.start(
            _ -> new RemoteEngine(endpoint, "m", "m", 0, (_, _) -> {}),
            folder,
            new ApiKeys(List.of(ApiKeys.Key.of(new TenantId("t"), THEIRS))),
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
  void aClientsHeadersStayHere() throws IOException {
    ask(
        QUESTION,
        String.join(
            "\r\n",
            "Cookie: mine=1",
            "Connection: keep-alive, X-Evil",
            "X-Evil: yes",
            "TE: trailers",
            "Proxy-Authorization: Basic abc",
            "X-Forwarded-For: 10.0.0.1",
            "Forwarded: for=x",
            ""));

    String head = upstream.requests().getFirst().head();
    assertThat(head)
        .contains("Bearer " + OURS)
        .doesNotContain(THEIRS)
        .doesNotContainIgnoringCase("cookie")
        .doesNotContainIgnoringCase("evil")
        .doesNotContainIgnoringCase("proxy-authorization")
        .doesNotContainIgnoringCase("trailers")
        .doesNotContainIgnoringCase("forwarded");
  }

  @Test
  void aServersHeadersStayThere() throws IOException {
    upstream.next(
        UpstreamScript.answers(
            200,
            "application/json",
            UpstreamScript.chat("hello", 1, 1),
            "Set-Cookie: theirs=1\r\nX-Internal: 10.0.0.1\r\nServer: secret/1\r\n"));

    assertThat(ask(QUESTION, ""))
        .contains("hello")
        .doesNotContain("theirs=1")
        .doesNotContainIgnoringCase("x-internal")
        .doesNotContain("secret/1");
  }

  @Test
  void aBodyThatLooksLikeARequestIsABody() throws IOException {
    String smuggled = "\\r\\n\\r\\nGET /v1/admin HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n";
    ask(QUESTION.replace("hi", smuggled), "");
    ask(QUESTION, "");

    assertThat(upstream.requests()).hasSize(2);
    assertThat(upstream.requests()).allMatch(asked -> asked.path().equals("/v1/chat/completions"));
  }

  @Test
  void ofTwoLengthsOneIsMeantAndTheOtherGoesNoFurther() throws IOException {
    String chunks =
        "%x\r\n%s\r\n0\r\n\r\n".formatted(QUESTION.length(), QUESTION)
            + "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n";

    ask(chunks, "Transfer-Encoding: chunked\r\n");

    assertThat(upstream.requests())
        .singleElement()
        .satisfies(asked -> {
          assertThat(asked.body()).isEqualTo(QUESTION);
          assertThat(asked.head())
              .containsIgnoringCase("Content-Length: " + QUESTION.length())
              .doesNotContainIgnoringCase("Transfer-Encoding");
        });
  }

  @Test
  void aModelsNameLeadsNowhere() throws IOException {
    for (String name : List.of("http://10.0.0.1/", "../../admin", "m\\u0000/../x", "m?x=1#y")) {
      assertThat(ask(QUESTION.replace("\"m\"", '"' + name + '"'), "")).startsWith("HTTP/1.1 404");
    }

    assertThat(upstream.requests()).isEmpty();
  }

  @Test
  void aRedirectIsNotFollowed() throws IOException {
    upstream.next(
        UpstreamScript.answers(
            302, "text/plain", "", "Location: http://127.0.0.1:1/latest/meta-data\r\n"));

    assertThat(ask(QUESTION, "")).startsWith("HTTP/1.1 500").doesNotContain("meta-data");
    assertThat(upstream.requests()).hasSize(1);
  }

  @Test
  void aServersErrorIsPassedOnWithoutItsSecret() throws IOException {
    upstream.next(
        UpstreamScript.answers(
            401,
            "application/json",
            "{\"error\":{\"message\":\"wrong key " + OURS + "\",\"type\":\"auth\"}}"));

    assertThat(ask(QUESTION, "")).contains("wrong key ****").doesNotContain(OURS);
  }

  /** Sends a request, and reads until the connection closes. */
  private String ask(String body, String headers) throws IOException {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), house.base().getPort())) {
      String head =
          "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
              .formatted(
                  house.base().getPort(),
                  THEIRS,
                  headers,
                  body.getBytes(StandardCharsets.UTF_8).length);
      client.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
