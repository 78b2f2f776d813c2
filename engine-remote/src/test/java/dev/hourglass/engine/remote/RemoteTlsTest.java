package dev.hourglass.engine.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.remote.RemoteSettings.Trust;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.upstream.UpstreamScript;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SelfSignedCertificate;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Servers behind TLS, with a certificate of their own making. */
class RemoteTlsTest {
  private final Vertx vertx = Vertx.vertx();
  private final SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
  private final BlockingQueue<HttpVersion> versions = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    certificate.delete();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void isSpokenToInHttp2WhereItIsOffered() {
    Trust authorities = new Trust.Authorities(Path.of(certificate.certificatePath()));

    assertThat(ask(listen(true), authorities).awaitFinished()).isNotNull();
    assertThat(versions).containsExactly(HttpVersion.HTTP_2);
  }

  @Test
  void isSpokenToInHttp11Otherwise() {
    assertThat(ask(listen(false), new Trust.Anybody()).awaitFinished()).isNotNull();
    assertThat(versions).containsExactly(HttpVersion.HTTP_1_1);
  }

  @Test
  void isNotBelievedWithoutAReason() {
    assertThat(ask(listen(true), Trust.SYSTEM).awaitFailed().fault().kind())
        .isEqualTo(EngineFault.Kind.UNREACHABLE);
    assertThat(versions).isEmpty();
  }

  private int listen(boolean http2) {
    HttpServer server =
        vertx.createHttpServer(
            new HttpServerOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setAlpnVersions(
                    http2 ? List.of(HttpVersion.HTTP_2) : List.of(HttpVersion.HTTP_1_1))
                .setKeyCertOptions(certificate.keyCertOptions()));
    server.requestHandler(request -> {
      versions.add(request.version());
      request
          .response()
          .putHeader("Content-Type", "text/event-stream")
          .end(
              UpstreamScript.says("Hello")
                  + UpstreamScript.finishes("stop")
                  + UpstreamScript.done());
    });
    return server
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .join()
        .actualPort();
  }

  private RecordingSink ask(int port, Trust trust) {
    RemoteEndpoint endpoint =
        new RemoteEndpoint(
            vertx,
            RemoteSettings.of(URI.create("https://localhost:" + port + "/v1")).withTrust(trust),
            System::nanoTime);
    RecordingSink sink = new RecordingSink();
    new RemoteEngine(endpoint, "m", "m", 0, (_, _) -> {})
        .generate(
            new GenerationRequest(
                new SessionId("sess_" + "a".repeat(24)),
                TenantId.DEFAULT,
                new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "hi"))),
                Sampling.GREEDY,
                4,
                true),
            sink);
    return sink;
  }
}
