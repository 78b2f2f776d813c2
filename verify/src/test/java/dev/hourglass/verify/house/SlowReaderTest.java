package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.server.ConnectionLimits;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.upstream.ScriptedUpstream;
import dev.hourglass.testkit.upstream.UpstreamScript;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that reads slower than the server sends, with real sockets all the way. */
class SlowReaderTest {
  private static final int SMALL_WINDOW = 16 * 1024;
  private static final int MEGABYTE = 1024 * 1024;

  /** What sockets of this machine may hold on the way, and the gateway beside. */
  private static final long MOST_ON_THE_WAY = 24L * MEGABYTE;

  private static final String PADDING = "p".repeat(64 * 1024);
  private static final int EVENTS = 1_000;

  /** From so many bytes on that wait for the client, the gateway stops reading. */
  private static final int PAUSE = 64 * 1024;

  /** What an event loop reads in one turn, before it hears of that: 16 times 64 KiB. */
  private static final int ONE_TURN_OF_READING = 16 * 64 * 1024;

  /** And the event that was begun before. */
  private static final int ONE_EVENT = UpstreamScript.says(PADDING).length();

  private static final int MOST_HELD = PAUSE + ONE_TURN_OF_READING + ONE_EVENT;
  private static final int SECONDS = 4;

  private final ScriptedUpstream upstream = ScriptedUpstream.start("m");
  private RunningHouse house;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    house =
        RunningHouse.start(
            (_, vertx) ->
                new RemoteEngine(
                    new RemoteEndpoint(vertx, RemoteSettings.of(upstream.base()), System::nanoTime),
                    "m",
                    "m",
                    0,
                    (_, _) -> {}),
            folder,
            new ApiKeys(List.of()),
            engines -> RealTimeAdmission.open(engines, 16),
            limits());
  }

  /** Those of the program, but whoever holds more than it should is cut. */
  private static ConnectionLimits limits() {
    ConnectionLimits usual = ConnectionLimits.DEFAULTS;
    return new ConnectionLimits(
        usual.connections(),
        usual.headerBytes(),
        usual.requestLineBytes(),
        usual.headerTimeout(),
        usual.bodyTimeout(),
        usual.idleTimeout(),
        usual.slowReaderTimeout(),
        MOST_HELD);
  }

  @AfterEach
  void stop() {
    house.close();
    upstream.close();
  }

  @Test
  void getsItAllWhileTheServerWaits() throws IOException {
    String event =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}],\"pad\":\""
            + PADDING
            + "\"}\n\n";
    UpstreamScript script = UpstreamScript.stream();
    for (int i = 0; i < EVENTS; i++) {
      script = script.then(event);
    }
    upstream.next(script.then(UpstreamScript.finishes("stop") + UpstreamScript.done()).thenEnds());

    try (Socket client = ask()) {
      await().until(() -> upstream.sentBytes() > 2 * MEGABYTE);
      InputStream in = client.getInputStream();
      byte[] piece = new byte[SMALL_WINDOW];
      String last = "";
      long read = 0;
      while (!last.contains("[DONE]")) {
        int count = in.read(piece);
        assertThat(count).as("after %d bytes", read).isPositive();
        read += count;
        assertThat(upstream.sentBytes() - read).isLessThan(MOST_ON_THE_WAY);
        String text = new String(piece, 0, count, StandardCharsets.ISO_8859_1);
        last = (last.length() > 16 ? last.substring(last.length() - 16) : last) + text;
      }
      assertThat(read).isGreaterThan((long) EVENTS * event.length());
    }
  }

  @Test
  void ofAKilobyteASecondHoldsNoMoreThanItMay() throws IOException {
    upstream.next(UpstreamScript.stream().thenFloods(chunk(UpstreamScript.says(PADDING))));

    try (Socket client = ask()) {
      InputStream in = client.getInputStream();
      await().until(() -> held() > 0);
      for (int second = 0; second < SECONDS; second++) {
        assertThat(in.readNBytes(1024)).hasSize(1024);
        // What is over the bound between two looks costs the turn.
        await()
            .pollDelay(Duration.ZERO)
            .during(Duration.ofSeconds(1))
            .atMost(Duration.ofSeconds(5))
            .until(() -> held() <= MOST_HELD);
      }

      assertThat(held()).as("the server waits").isPositive();
      assertThat(house.gateway().turnsInFlight()).as("not cut").isOne();
    }
    await().until(() -> house.gateway().turnsInFlight() == 0 && held() == 0);
  }

  private double held() {
    return house.figure("hourglass.http.unread.bytes");
  }

  @Test
  void isNotWaitedForOnceItLeaves() throws Exception {
    upstream.next(UpstreamScript.stream().thenFloods(chunk(UpstreamScript.says(PADDING))));

    try (Socket client = ask()) {
      await().until(() -> upstream.sentBytes() > MEGABYTE);
      assertThat(client.getInputStream().read()).isNotNegative();
    }

    assertThat(upstream.awaitLeaver()).isTrue();
    await().until(() -> house.gateway().turnsInFlight() == 0);
  }

  private static String chunk(String bytes) {
    return Integer.toHexString(bytes.length()) + "\r\n" + bytes + "\r\n";
  }

  private Socket ask() throws IOException {
    String body =
        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    Socket client = new Socket();
    client.setReceiveBufferSize(SMALL_WINDOW);
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), house.base().getPort()));
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(house.base().getPort(), body.length());
    client.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
    return client;
  }
}
