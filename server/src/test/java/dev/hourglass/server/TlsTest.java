package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The server behind TLS, in HTTP/1.1 and HTTP/2, with a certificate of its own making. */
final class TlsTest {
  private static final String STREAM =
      "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
  private @Nullable TestHouse running;

  @AfterEach
  void stop() throws Exception {
    if (running != null) {
      running.close();
    }
    certificate.delete();
  }

  private TestHouse start(TestHouse.Plan plan, boolean http2) throws Exception {
    TestHouse house =
        plan.tls(
                new HttpServerSettings.Tls(
                    Path.of(certificate.certificatePath()),
                    Path.of(certificate.privateKeyPath()),
                    http2))
            .start();
    running = house;
    return house;
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void answersWholeAndAsAStream(Version version) throws Exception {
    TestHouse house = start(TestHouse.plan(), true);
    HttpClient client = client(version);

    HttpResponse<String> whole = client.send(chat(house, user("hi")), BodyHandlers.ofString());
    HttpResponse<Stream<String>> stream = client.send(chat(house, STREAM), BodyHandlers.ofLines());

    assertThat(whole.version()).isEqualTo(version);
    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(stream.headers().firstValue("content-type")).contains("text/event-stream");
    assertThat(stream.body().filter(line -> line.startsWith("data: ")).toList().getLast())
        .isEqualTo("data: [DONE]");
  }

  @Test
  void speaksHttp11AloneWhereHttp2IsOff() throws Exception {
    TestHouse house = start(TestHouse.plan(), false);

    HttpResponse<String> answer =
        client(Version.HTTP_2).send(chat(house, user("hi")), BodyHandlers.ofString());

    assertThat(answer.version()).isEqualTo(Version.HTTP_1_1);
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  @Test
  void isNotBelievedByWhoeverDoesNotKnowItsCertificate() throws Exception {
    TestHouse house = start(TestHouse.plan(), true);

    assertThatThrownBy(
            () -> HttpClient.newHttpClient().send(chat(house, user("hi")), BodyHandlers.ofString()))
        .isInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void manyStreamsRunOnOneConnectionAndOneThatLeavesLeavesAlone() throws Exception {
    TestHouse house = start(TestHouse.plan(), true);
    house.engine.next(Script.says("Hel").thenAwaits(new CountDownLatch(1)));
    HttpClient client = client(Version.HTTP_2);

    InputStream leaving = client.send(chat(house, STREAM), BodyHandlers.ofInputStream()).body();
    assertThat(leaving.read()).isNotNegative();
    List<CompletableFuture<HttpResponse<String>>> others = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      others.add(client.sendAsync(chat(house, user("hi " + i)), BodyHandlers.ofString()));
    }
    leaving.close();

    assertThat(others).allSatisfy(other -> assertThat(other.join().statusCode()).isEqualTo(200));
    await().until(() -> house.gateway.turnsInFlight() == 0);
    assertThat(house.engine.ends()).anyMatch(GenerationEnd.Cancelled.class::isInstance);
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedAndTheConnectionGoesOn() throws Exception {
    TestHouse house = start(TestHouse.plan(), true);
    HttpClient client = client(Version.HTTP_2);
    String endless = user("x".repeat(9 * 1024 * 1024));

    HttpResponse<String> refused = client.send(chat(house, endless), BodyHandlers.ofString());
    HttpResponse<String> next = client.send(chat(house, user("hi")), BodyHandlers.ofString());

    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(next.statusCode()).isEqualTo(200);
  }

  @Test
  void aConnectionWithoutStreamsIsClosedWhenItsTimeIsUp() throws Exception {
    TestHouse house =
        start(
            TestHouse.plan()
                .connections(
                    new ConnectionLimits(
                        10,
                        16 * 1024,
                        4 * 1024,
                        Duration.ofMillis(300),
                        Duration.ofSeconds(5),
                        Duration.ofMillis(300),
                        Duration.ofSeconds(5),
                        1024 * 1024)),
            true);

    try (FrameClient silent = new FrameClient(socket(house));
        FrameClient idle = new FrameClient(socket(house))) {
      assertThat(idle.ask(1, "", get(house))).contains("ok");
      assertThat(silent.awaitEnd()).isTrue();
      assertThat(idle.awaitEnd()).isTrue();
    }
  }

  static Stream<List<String>> malformed() {
    return Stream.of(
        List.of("connection", "keep-alive"),
        List.of("transfer-encoding", "chunked"),
        List.of("upgrade", "websocket"),
        List.of("te", "gzip"),
        List.of(":path", "/v1/sessions"),
        List.of(":unknown", "x"),
        List.of("X-Upper-Case", "x"),
        List.of("x-two\r\nhost", "elsewhere"),
        List.of("x-lines", "one\r\nhost: elsewhere"),
        List.of("x-nothing", "\0"),
        List.of("host", "elsewhere"),
        List.of("content-length", "7"));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void headersThatHttp2DoesNotHaveAreRefused(List<String> header) throws Exception {
    TestHouse house = start(TestHouse.plan(), true);

    try (FrameClient client = new FrameClient(socket(house))) {
      List<String> headers = new ArrayList<>(get(house));
      headers.addAll(header);
      assertThat(client.ask(1, "", headers))
          .satisfiesAnyOf(
              answer -> assertThat(answer).isIn("reset", "goaway", "closed"),
              answer -> assertThat(answer).contains("\"error\""));
    }
    try (FrameClient client = new FrameClient(socket(house))) {
      assertThat(client.ask(1, "", get(house))).contains("ok");
    }
  }

  private static List<String> get(TestHouse house) {
    return List.of(
        ":method", "GET",
        ":scheme", "https",
        ":authority", "localhost:" + house.server.port(),
        ":path", "/healthz");
  }

  private static HttpRequest chat(TestHouse house, String body) {
    return HttpRequest.newBuilder(
            URI.create("https://localhost:" + house.server.port() + "/v1/chat/completions"))
        .timeout(Duration.ofSeconds(20))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private HttpClient client(Version version) throws Exception {
    return HttpClient.newBuilder().sslContext(trust()).version(version).build();
  }

  private Socket socket(TestHouse house) throws Exception {
    SSLSocket socket =
        (SSLSocket)
            trust()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), house.server.port());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(20_000);
    return socket;
  }

  private SSLContext trust() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = new FileInputStream(certificate.certificatePath())) {
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
