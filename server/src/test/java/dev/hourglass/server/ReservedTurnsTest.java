package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.admission.AdmissionStats;
import dev.hourglass.server.TestHouse.Reply;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reserved turns among others, in a house with two slots of which one is reserved. */
final class ReservedTurnsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Duration WAIT = Duration.ofSeconds(20);

  private final List<CountDownLatch> gates = new ArrayList<>();
  private TestHouse house;

  @BeforeEach
  void start() throws Exception {
    house =
        TestHouse.plan()
            .slots(2, new AdmissionSettings(WAIT, Duration.ofSeconds(30), WAIT, 10, 10))
            .start();
    Instant now = Instant.now();
    house.post(
        "/v1/reservations",
        "{\"start\":\"%s\",\"end\":\"%s\",\"sessions\":1,\"id\":\"mine\"}"
            .formatted(now, now.plusSeconds(600)));
    Reply confirmed = house.post("/v1/reservations/mine/confirm", "{}");
    assertThat(confirmed.status()).isEqualTo(200);
  }

  @AfterEach
  void stop() throws Exception {
    gates.forEach(CountDownLatch::countDown);
    house.close();
  }

  /** A turn that runs until its gate opens, once it is let in. */
  private CompletableFuture<HttpResponse<byte[]>> asks(String content, String... headers) {
    return house
        .client()
        .sendAsync(house.posting(CHAT, user(content), headers).build(), BodyHandlers.ofByteArray());
  }

  private CountDownLatch nextAwaitsGate() {
    CountDownLatch gate = new CountDownLatch(1);
    gates.add(gate);
    house.engine.next(Script.says("yes").thenAwaits(gate));
    return gate;
  }

  private AdmissionStats stats() {
    return house.gateway.admissions().of(TestHouse.MODEL).stats();
  }

  private double due() throws IOException, InterruptedException {
    house.load.second();
    for (var signal : house.get("/v1/load").json().at("/signals")) {
      if (signal.at("/signal").asText().equals("reservations_due")) {
        return signal.at("/value").asDouble(-1);
      }
    }
    return -1;
  }

  @Test
  void othersUseWhatIsNotCalledForAndYieldWithinOneTurn() throws Exception {
    CountDownLatch first = nextAwaitsGate();
    CountDownLatch second = nextAwaitsGate();
    CountDownLatch reserved = nextAwaitsGate();
    await().until(() -> due() == 1);
    var one = asks("one");
    await().until(() -> house.engine.running() == 1);
    var two = asks("two");
    await().until(() -> house.engine.running() == 2);

    // Both slots are taken, and another turn waits before the reserved one comes.
    var three = asks("three");
    await().until(() -> stats().waiting() == 1);
    var called = asks("called for", "X-Reservation", "mine");
    await().until(() -> stats().waiting() == 2);
    first.countDown();
    assertThat(one.get().statusCode()).isEqualTo(200);
    await().until(() -> house.engine.running() == 2);
    assertThat(stats().waiting()).as("the one who came first still waits").isEqualTo(1);
    reserved.countDown();
    assertThat(called.get().statusCode()).isEqualTo(200);

    // Between its turns the reservation's slot is set aside, though it is free.
    await().until(() -> stats().busySlots() == 1);
    assertThat(stats().waiting()).isEqualTo(1);
    assertThat(three.isDone()).isFalse();
    assertThat(house.post(CHAT, user("called again"), "X-Reservation", "mine").status())
        .isEqualTo(200);
    assertThat(three.isDone()).isFalse();

    second.countDown();
    assertThat(two.get().statusCode()).isEqualTo(200);
    assertThat(three.get().statusCode()).isEqualTo(200);
  }

  @Test
  void whatIsGivenBackIsAnybodysAtOnce() throws Exception {
    assertThat(house.post(CHAT, user("called for"), "X-Reservation", "mine").status())
        .isEqualTo(200);
    CountDownLatch gate = nextAwaitsGate();
    var running = asks("one");
    await().until(() -> house.engine.running() == 1);
    var waiting = asks("two");
    await().until(() -> stats().waiting() == 1);

    assertThat(house.delete("/v1/reservations/mine").status()).isEqualTo(200);
    house.gateway.admissions().capacityChanged();
    assertThat(waiting.get().statusCode()).isEqualTo(200);
    gate.countDown();
    assertThat(running.get().statusCode()).isEqualTo(200);
  }
}
