package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.core.admission.Admission;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.server.TestHouse.Reply;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A house with one slot, which is taken. */
final class AdmissionOverHttpTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String TICKET = "X-Admission-Ticket";

  private final CountDownLatch gate = new CountDownLatch(1);
  private @Nullable TestHouse running;

  @AfterEach
  void stop() throws Exception {
    gate.countDown();
    if (running != null) {
      running.close();
    }
  }

  private TestHouse busyHouse(Duration longestWait, Duration horizon) throws Exception {
    TestHouse house =
        TestHouse.plan()
            .slots(1, new AdmissionSettings(longestWait, horizon, Duration.ofSeconds(5), 10, 10))
            .start();
    running = house;
    house.engine.next(Script.says("first").thenAwaits(gate));
    CompletableFuture<HttpResponse<byte[]>> _ = sendAside("occupies the slot");
    await().until(() -> house.engine.running() == 1);
    return house;
  }

  private CompletableFuture<HttpResponse<byte[]>> sendAside(String content) {
    TestHouse house = house();
    return house
        .client()
        .sendAsync(house.posting(CHAT, user(content)).build(), BodyHandlers.ofByteArray());
  }

  private TestHouse house() {
    return Objects.requireNonNull(running);
  }

  private Admission admission() {
    return house().gateway.admissions().of(TestHouse.MODEL);
  }

  @Test
  void aTurnWithoutASlotIsToldWhenToComeBackAndItsTicketLetsItIn() throws Exception {
    TestHouse house = busyHouse(Duration.ofMillis(10), Duration.ofSeconds(15));
    Reply refused = house.post(CHAT, user("second"));

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("Retry-After")).isEqualTo("1");
    assertThat(refused.header("retry-after-ms")).isEqualTo("1000");
    assertThat(refused.errorCode()).isEqualTo("capacity_exceeded");
    assertThat(refused.json().at("/error/type").asText()).isEqualTo("rate_limit_error");
    assertThat(house.table.size()).as("sessions: that of the first alone").isEqualTo(1);

    gate.countDown();
    await().until(() -> house.engine.running() == 0);
    Reply admitted = house.post(CHAT, user("second"), TICKET, refused.header(TICKET));
    assertThat(admitted.status()).isEqualTo(200);
    Reply again = house.post(CHAT, user("second"), TICKET, refused.header(TICKET));
    assertThat(again.status()).isEqualTo(400);
    assertThat(again.errorCode()).isEqualTo("invalid_admission_ticket");
    assertThat(again.json().at("/error/message").asText()).contains("used before");
    assertThat(again.json().at("/error/param").asText()).isEqualTo(TICKET);
  }

  @Test
  void theLoadTellsWhichHintsCameTrue() throws Exception {
    TestHouse house = busyHouse(Duration.ofMillis(10), Duration.ofSeconds(15));
    Reply refused = house.post(CHAT, user("second"));
    JsonNode busy = house.get("/v1/load").json().at("/pools/0/admission");
    assertThat(busy.at("/busy_slots").asInt()).isEqualTo(1);
    assertThat(busy.at("/tickets").asInt()).isEqualTo(1);
    assertThat(busy.at("/come_back/given").asInt()).isEqualTo(1);
    assertThat(busy.at("/latest_hints/0/outcome").asText()).isEqualTo("pending");
    assertThat(busy.at("/latest_hints/0/retry_after_seconds").asInt()).isEqualTo(1);
    assertThat(busy.at("/latest_hints/0/place_kept").asBoolean()).isTrue();

    gate.countDown();
    await().until(() -> house.engine.running() == 0);
    house.post(CHAT, user("second"), TICKET, refused.header(TICKET));
    JsonNode calm = house.get("/v1/load").json().at("/pools/0/admission");
    assertThat(calm.at("/latest_hints/0/outcome").asText()).isEqualTo("came_true");
    assertThat(calm.at("/tickets").asInt()).isZero();
    assertThat(calm.at("/admitted").asInt()).isEqualTo(2);
  }

  @Test
  void aBodyIsNotParsedForARefusalThatDoesNotNeedIt() throws Exception {
    TestHouse house = busyHouse(Duration.ofMillis(10), Duration.ofSeconds(15));

    assertThat(house.post(CHAT, "{\"messages\": broken").status()).isEqualTo(429);
    assertThat(house.post("/v1/completions", "{").status()).isEqualTo(429);
    gate.countDown();
    await().until(() -> house.engine.running() == 0);
    assertThat(house.post(CHAT, "{\"messages\": still broken").status()).isEqualTo(400);
  }

  @Test
  void aRefusedTurnLeavesNoTraceInItsSession() throws Exception {
    TestHouse house = busyHouse(Duration.ofMillis(10), Duration.ofSeconds(15));
    var session = house.newSession();
    String look = "/v1/sessions/" + session.get("session_id").asText();
    String before = house.get(look).text();

    Reply refused =
        house.post(CHAT, user("second"), "X-Session-Token", session.get("session_token").asText());
    assertThat(refused.status()).isEqualTo(429);
    assertThat(house.get(look).text()).isEqualTo(before);
  }

  @Test
  void beyondTheHorizonNoPlaceIsKept() throws Exception {
    TestHouse house = busyHouse(Duration.ofMillis(10), Duration.ofSeconds(1));
    assertThat(house.post(CHAT, user("second")).status()).isEqualTo(429);
    Reply tooFar = house.post(CHAT, user("third"));

    assertThat(tooFar.status()).isEqualTo(503);
    assertThat(tooFar.errorCode()).isEqualTo("overloaded");
    assertThat(tooFar.header(TICKET)).isEmpty();
    assertThat(Integer.parseInt(tooFar.header("Retry-After"))).isGreaterThanOrEqualTo(2);
  }

  @Test
  void whoWaitsHoldsNoEventLoopAndGetsTheSlotThatComesFree() throws Exception {
    TestHouse house = busyHouse(Duration.ofSeconds(20), Duration.ofSeconds(30));
    CompletableFuture<HttpResponse<byte[]>> waiting = sendAside("second");
    await().until(() -> admission().stats().waiting() == 1);

    assertThat(house.get("/healthz").status()).isEqualTo(200);
    gate.countDown();
    assertThat(waiting.get().statusCode()).isEqualTo(200);
    assertThat(admission().stats().admittedAfterWaiting()).isEqualTo(1);
  }

  @Test
  void aClientThatLeavesWhileItWaitsFreesItsPlace() throws Exception {
    TestHouse house = busyHouse(Duration.ofSeconds(20), Duration.ofSeconds(30));
    String body = user("second");
    try (Socket socket = house.socket()) {
      TestHouse.write(
          socket,
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
      await().until(() -> admission().stats().waiting() == 1);
    }
    await().until(() -> admission().stats().waiting() == 0);
    assertThat(admission().stats().leftWaiting()).isEqualTo(1);
    await().until(() -> house.gateway.turnsInFlight() == 1);
    assertThat(house.table.size()).isEqualTo(1);
  }

  @Test
  void classesAreNamedAndForgedTicketsRefused() throws Exception {
    TestHouse house = busyHouse(Duration.ofMillis(10), Duration.ofSeconds(15));

    Reply nonsense = house.post(CHAT, user("x"), "X-Priority", "urgent");
    assertThat(nonsense.status()).isEqualTo(400);
    assertThat(nonsense.json().at("/error/param").asText()).isEqualTo("X-Priority");
    Reply forged = house.post(CHAT, user("x"), TICKET, "forged");
    assertThat(forged.status()).isEqualTo(400);
    assertThat(forged.errorCode()).isEqualTo("invalid_admission_ticket");
    assertThat(admission().stats().tickets()).isZero();
    assertThat(house.post(CHAT, user("x"), "X-Priority", "critical").status()).isEqualTo(429);
  }

  @Test
  void metricsTellWhoGotIn() throws Exception {
    TestHouse house = busyHouse(Duration.ofMillis(10), Duration.ofSeconds(15));
    house.post(CHAT, user("second"));

    assertThat(house.get("/metrics").text())
        .contains("hourglass_admission_slots{model=\"scripted\"} 1.0")
        .contains("hourglass_admission_busy_slots{model=\"scripted\"} 1.0")
        .contains("hourglass_admission_tickets{model=\"scripted\"} 1.0")
        .contains("hourglass_admission_refused_total{model=\"scripted\",reason=\"come_back\"} 1.0");
  }
}
