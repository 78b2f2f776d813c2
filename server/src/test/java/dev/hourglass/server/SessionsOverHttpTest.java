package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.server.TestHouse.Reply;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import dev.hourglass.testkit.store.InMemorySessionStore;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The life of an explicit session, as its client sees it. */
final class SessionsOverHttpTest {
  private static final String CHAT = "/v1/chat/completions";

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

  @Test
  void aSessionIsBornWithItsDefaults() throws Exception {
    TestHouse house = start(TestHouse.plan());

    Reply born = house.post("/v1/sessions", "{}");

    assertThat(born.status()).isEqualTo(201);
    JsonNode session = born.json();
    assertThat(session.at("/session_id").asText()).startsWith("sess_");
    assertThat(session.at("/session_token").asText()).startsWith("hgs_");
    assertThat(session.at("/context_ttl").asInt()).isEqualTo(1800);
    assertThat(session.at("/state").asText()).isEqualTo("idle");
    assertThat(session.at("/model").asText()).isEqualTo(TestHouse.MODEL);
    assertThat(born.header("location"))
        .isEqualTo("/v1/sessions/" + session.at("/session_id").asText());
  }

  @Test
  void aSessionTellsWhyItsStateIsKept() throws Exception {
    TestHouse house = start(TestHouse.plan());
    JsonNode session = house.newSession();
    String address = "/v1/sessions/" + session.at("/session_id").asText();
    assertThat(house.get(address).json().at("/retention/why").asText())
        .isEqualTo("transcript only: not used yet");

    house.post(
        "/v1/chat/completions",
        TestHouse.user("hello"),
        "X-Session-Token",
        session.at("/session_token").asText());

    JsonNode known = house.get(address).json();
    assertThat(known.at("/retention/why").asText()).startsWith("kept HOT: there is room, ");
    assertThat(known.at("/retention/kv_tokens").asInt())
        .isPositive()
        .isEqualTo(known.at("/kv_tokens").asInt());
    assertThat(known.at("/retention/worth").isNull()).isTrue();
    JsonNode retention = house.get("/v1/retention").json();
    assertThat(retention.at("/policy").asText()).isEqualTo("value");
    assertThat(retention.at("/sweep").isNull()).as("before the first sweep").isTrue();
    assertThat(retention.at("/tiers").findValuesAsText("tier"))
        .containsExactly("hot", "warm", "cold");
    assertThat(retention.at("/tiers/0/kv_tokens").asInt())
        .isEqualTo(known.at("/kv_tokens").asInt());
    assertThat(house.get("/v1/sessions").json().at("/data/0/retention"))
        .isEqualTo(known.at("/retention"));
  }

  @Test
  void releasesAreListedAndPushNoDestructionOut() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String destroyed = house.newSession().at("/session_id").asText();
    house.delete("/v1/sessions/" + destroyed);
    SessionId released = new SessionId(house.newSession().at("/session_id").asText());
    for (int second = 1; second <= ReceiptLog.MOST + 1; second++) {
      house.events.publish(
          new Event.SessionReleased(
              SessionKind.EXPLICIT,
              new DestructionReceipt(
                  released,
                  TenantId.DEFAULT,
                  DestructionReason.PRESSURE,
                  Instant.EPOCH.plusSeconds(second),
                  List.of(),
                  new Residue.Counted(0))));
    }

    JsonNode receipts = house.get("/v1/receipts?limit=200").json().at("/data");

    assertThat(receipts).hasSize(200);
    assertThat(receipts.get(0).at("/session_id").asText()).isEqualTo(destroyed);
    assertThat(receipts.get(1).at("/session_id").asText()).isEqualTo(released.value());
    assertThat(receipts.get(1).at("/reason").asText()).isEqualTo("pressure");
    assertThat(receipts.get(1).at("/started_at").asLong()).isEqualTo(ReceiptLog.MOST + 1);
    assertThat(house.get("/metrics").text())
        .contains("hourglass_sessions_released_total{kind=\"explicit\",reason=\"pressure\"} 201.0");
  }

  @Test
  void receiptsAreListedNewestFirst() throws Exception {
    TestHouse house = start(TestHouse.plan());
    assertThat(house.get("/v1/receipts").json().at("/data")).isEmpty();
    String first = house.newSession().at("/session_id").asText();
    String second = house.newSession().at("/session_id").asText();
    JsonNode receipt = house.delete("/v1/sessions/" + first).json();
    house.delete("/v1/sessions/" + second);

    JsonNode receipts = house.get("/v1/receipts").json().at("/data");
    assertThat(receipts.findValuesAsText("session_id")).containsExactly(second, first);
    assertThat(receipts.get(1)).isEqualTo(receipt);
    assertThat(house.get("/v1/receipts?limit=1").json().at("/data").findValuesAsText("session_id"))
        .containsExactly(second);
    assertThat(house.get("/v1/receipts?limit=0").status()).isEqualTo(400);
    assertThat(house.get("/v1/receipts?limit=201").status()).isEqualTo(400);
  }

  @Test
  void aSessionNeedsNoBody() throws Exception {
    TestHouse house = start(TestHouse.plan());

    Reply born =
        house.send(
            house.request("/v1/sessions").POST(java.net.http.HttpRequest.BodyPublishers.noBody()));

    assertThat(born.status()).isEqualTo(201);
  }

  @Test
  void onlyNewMessagesAreSentAndTheTranscriptGrows() throws Exception {
    TestHouse house = start(TestHouse.plan());
    JsonNode session =
        house
            .post(
                "/v1/sessions",
                """
                {"ttl_seconds":60,"system":"be brief","metadata":{"a":"b"},
                 "messages":[{"role":"user","content":"zero"},{"role":"assistant","content":"0"}]}
                """)
            .json();
    String token = session.at("/session_token").asText();
    String address = "/v1/sessions/" + session.at("/session_id").asText();

    Reply first = house.post(CHAT, user("one"), "X-Session-Token", token);
    Reply second = house.post(CHAT, user("two"), "X-Session-Token", token);

    assertThat(first.header("x-session-id")).isEqualTo(session.at("/session_id").asText());
    assertThat(second.json().at("/usage/prompt_tokens_details/cached_tokens").asInt())
        .isEqualTo(first.json().at("/hourglass/kv_tokens").asInt());

    JsonNode messages = house.get(address + "/messages").json();
    assertThat(messages.at("/data").findValuesAsText("content"))
        .containsExactly("be brief", "zero", "0", "one", "Hello, world!", "two", "Hello, world!");
    assertThat(messages.at("/data/0/role").asText()).isEqualTo("system");
    assertThat(messages.at("/data/6/turn").asInt()).isEqualTo(2);
    assertThat(messages.at("/has_more").asBoolean()).isFalse();

    JsonNode page = house.get(address + "/messages?limit=1&after_turn=0").json();
    assertThat(page.at("/data").findValuesAsText("content"))
        .containsExactly("one", "Hello, world!");
    assertThat(page.at("/next").asInt()).isEqualTo(1);

    JsonNode seen = house.get(address).json();
    assertThat(seen.at("/turns").asInt()).isEqualTo(2);
    assertThat(seen.at("/residency").asText()).isEqualTo("hot");
    assertThat(seen.at("/kv_tokens").asInt())
        .isEqualTo(second.json().at("/hourglass/kv_tokens").asInt());
    assertThat(seen.at("/context_ttl").asInt()).isEqualTo(60);
    assertThat(seen.at("/expires_at").asLong() - seen.at("/last_active").asLong()).isEqualTo(60);
    assertThat(seen.at("/metadata/a").asText()).isEqualTo("b");
  }

  @Test
  void destructionLeavesAReceiptAndNothingElse() throws Exception {
    TestHouse house = start(TestHouse.plan());
    JsonNode session = house.newSession();
    String id = session.at("/session_id").asText();
    String token = session.at("/session_token").asText();
    house.post(CHAT, user("one"), "X-Session-Token", token);

    Reply destroyed = house.delete("/v1/sessions/" + id);

    assertThat(destroyed.status()).isEqualTo(200);
    JsonNode receipt = destroyed.json();
    assertThat(receipt.at("/session_id").asText()).isEqualTo(id);
    assertThat(receipt.at("/reason").asText()).isEqualTo("closed");
    assertThat(receipt.at("/stages").findValuesAsText("stage"))
        .containsExactly("mark", "compute", "kv", "transcript", "hooks", "deregister", "verify");
    assertThat(receipt.at("/stages").findValuesAsText("outcome")).containsOnly("applied");
    assertThat(receipt.at("/residue/kv_tokens").asInt()).isZero();
    assertThat(receipt.at("/residue/kv_tokens").isInt()).isTrue();
    assertThat(receipt.at("/residue/text")).isEqualTo(BooleanNode.FALSE);

    assertThat(house.engine.kvTokens(new SessionId(id))).isZero();
    Reply late = house.post(CHAT, user("two"), "X-Session-Token", token);
    assertThat(late.status()).isEqualTo(401);
    assertThat(late.errorCode()).isEqualTo("invalid_session_token");
    assertThat(house.get("/v1/sessions/" + id).status()).isEqualTo(404);
    assertThat(house.get("/v1/sessions/" + id + "/receipt").json()).isEqualTo(receipt);
    assertThat(house.delete("/v1/sessions/" + id).json()).isEqualTo(receipt);
  }

  @Test
  void aSlowDestructionTellsWhereItsReceiptWillBe() throws Exception {
    TestHouse house = start(TestHouse.plan().destructionWait(Duration.ofMillis(50)));
    String id = house.newSession().at("/session_id").asText();
    CompletableFuture<Void> gate = new CompletableFuture<>();
    house.engine.stallReleases(gate);

    Reply pending = house.delete("/v1/sessions/" + id);

    assertThat(pending.status()).isEqualTo(202);
    assertThat(pending.header("location")).isEqualTo("/v1/sessions/" + id + "/receipt");
    assertThat(pending.json().at("/state").asText()).isEqualTo("terminating");
    assertThat(house.get(pending.header("location")).status()).isEqualTo(202);

    gate.complete(null);
    await().until(() -> house.get(pending.header("location")).status() == 200);
    assertThat(house.get(pending.header("location")).json().at("/residue/kv_tokens").asInt())
        .isZero();
  }

  @Test
  void destructionCutsARunningTurn() throws Exception {
    TestHouse house = start(TestHouse.plan());
    JsonNode session = house.newSession();
    house.engine.next(Script.says("early").thenAwaits(new CountDownLatch(1)));
    CompletableFuture<HttpResponse<String>> turn =
        house
            .client()
            .sendAsync(
                house
                    .posting(
                        CHAT, user("one"), "X-Session-Token", session.at("/session_token").asText())
                    .build(),
                BodyHandlers.ofString());
    await().until(() -> house.engine.running() == 1);

    Reply receipt = house.delete("/v1/sessions/" + session.at("/session_id").asText());

    assertThat(receipt.status()).isEqualTo(200);
    assertThat(turn.get().statusCode()).isEqualTo(401);
    assertThat(turn.get().body()).contains("invalid_session_token");
  }

  @Test
  void twoRequestsOnOneSessionTakeTurns() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String token = house.newSession().at("/session_token").asText();
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("first").thenAwaits(gate).thenSays(" answer"));
    CompletableFuture<HttpResponse<String>> first = turn(house, "one", token);
    await().until(() -> house.engine.running() == 1);

    CompletableFuture<HttpResponse<String>> second = turn(house, "two", token);
    await().until(() -> house.gateway.turnsInFlight() == 2);
    assertThat(house.engine.requests()).hasSize(1);
    gate.countDown();

    assertThat(first.get().body()).contains("first answer");
    assertThat(second.get().statusCode()).isEqualTo(200);
    assertThat(house.engine.requests()).hasSize(2);
    assertThat(house.engine.requests().get(1).prompt().toString())
        .contains("first answer")
        .contains("two");
  }

  @Test
  void theLineBeforeASessionIsBounded() throws Exception {
    TestHouse house = start(TestHouse.plan().waitingTurns(1));
    String token = house.newSession().at("/session_token").asText();
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("first").thenAwaits(gate));
    CompletableFuture<HttpResponse<String>> first = turn(house, "one", token);
    await().until(() -> house.engine.running() == 1);
    CompletableFuture<HttpResponse<String>> second = turn(house, "two", token);
    await().until(() -> house.gateway.turnsInFlight() == 2);

    Reply third = house.post(CHAT, user("three"), "X-Session-Token", token);

    assertThat(third.status()).isEqualTo(429);
    assertThat(third.errorCode()).isEqualTo("session_busy");
    assertThat(third.header("retry-after")).isEqualTo("1");
    gate.countDown();
    assertThat(first.get().statusCode()).isEqualTo(200);
    assertThat(second.get().statusCode()).isEqualTo(200);
  }

  @Test
  void aFullHouseSaysWhenToComeBack() throws Exception {
    TestHouse house = start(TestHouse.plan().turns(1));
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("first").thenAwaits(gate));
    CompletableFuture<HttpResponse<String>> first =
        house.client().sendAsync(house.posting(CHAT, user("one")).build(), BodyHandlers.ofString());
    await().until(() -> house.engine.running() == 1);

    Reply second = house.post(CHAT, user("two"));

    assertThat(second.status()).isEqualTo(503);
    assertThat(second.errorCode()).isEqualTo("overloaded");
    assertThat(second.header("retry-after")).isEqualTo("1");
    gate.countDown();
    assertThat(first.get().statusCode()).isEqualTo(200);
  }

  @Test
  void tooManySessionsAreRefused() throws Exception {
    TestHouse house = start(TestHouse.plan().sessions(1));
    house.newSession();

    Reply second = house.post("/v1/sessions", "{}");

    assertThat(second.status()).isEqualTo(429);
    assertThat(second.errorCode()).isEqualTo("session_limit_reached");
    assertThat(second.header("retry-after")).isEqualTo("30");
  }

  @Test
  void aTurnWithAKeyIsAnsweredOnce() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String token = house.newSession().at("/session_token").asText();

    Reply first = house.post(CHAT, user("one"), "X-Session-Token", token, "Idempotency-Key", "k-1");
    Reply again = house.post(CHAT, user("one"), "X-Session-Token", token, "Idempotency-Key", "k-1");
    Reply streamed =
        house.post(
            CHAT,
            "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"one\"}]}",
            "X-Session-Token",
            token,
            "Idempotency-Key",
            "k-1");

    assertThat(first.header("idempotent-replayed")).isEmpty();
    assertThat(again.header("idempotent-replayed")).isEqualTo("true");
    assertThat(again.json().at("/choices")).isEqualTo(first.json().at("/choices"));
    assertThat(streamed.text()).contains("Hello, world!").endsWith("data: [DONE]\n\n");
    assertThat(house.engine.requests()).hasSize(1);
  }

  @Test
  void theSdksRetryIsAnsweredOnceAndARepetitionTwice() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String token = house.newSession().at("/session_token").asText();
    String count = "X-Stainless-Retry-Count";

    house.post(CHAT, user("yes"), "X-Session-Token", token, count, "0");
    Reply retried = house.post(CHAT, user("yes"), "X-Session-Token", token, count, "1");
    assertThat(retried.header("idempotent-replayed")).isEqualTo("true");
    assertThat(house.engine.requests()).hasSize(1);

    Reply repeated = house.post(CHAT, user("yes"), "X-Session-Token", token, count, "0");
    assertThat(repeated.header("idempotent-replayed")).isEmpty();
    assertThat(house.engine.requests()).hasSize(2);
  }

  @Test
  void aKeyThatIsNoneIsRefused() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String token = house.newSession().at("/session_token").asText();

    Reply reply =
        house.post(CHAT, user("x"), "X-Session-Token", token, "Idempotency-Key", "k".repeat(256));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error/param").asText()).isEqualTo("Idempotency-Key");
  }

  @Test
  void pagesOfSessionsHoldEachOnce() throws Exception {
    TestHouse house = start(TestHouse.plan());
    Set<String> created = new HashSet<>();
    for (int number = 0; number < 5; number++) {
      created.add(house.newSession().at("/session_id").asText());
    }

    Set<String> listed = new HashSet<>();
    String next = "";
    int pages = 0;
    do {
      JsonNode page =
          house.get("/v1/sessions?limit=2" + (next.isEmpty() ? "" : "&after=" + next)).json();
      page.at("/data")
          .forEach(session -> assertThat(listed.add(session.at("/session_id").asText())).isTrue());
      next = page.at("/next").asText("");
      pages++;
      if (!page.at("/has_more").asBoolean()) {
        break;
      }
    } while (pages < 10);

    assertThat(listed).isEqualTo(created);
    assertThat(pages).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/sessions?limit=0, limit",
    "/v1/sessions?limit=1001, limit",
    "/v1/sessions?limit=many, limit",
    "/v1/sessions?after=sess_none, after"
  })
  void badPagesAreRefusedByName(String path, String param) throws Exception {
    TestHouse house = start(TestHouse.plan());

    Reply reply = house.get(path);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.json().at("/error/param").asText()).isEqualTo(param);
  }

  @Test
  void aTokenOpensItsOwnSessionOnly() throws Exception {
    TestHouse house = start(TestHouse.plan());
    JsonNode mine = house.newSession();
    JsonNode other = house.newSession();
    String path = "/v1/sessions/" + other.at("/session_id").asText();
    String token = mine.at("/session_token").asText();

    for (Reply reply :
        new Reply[] {
          house.get(path, "X-Session-Token", token),
          house.get(path + "/messages", "X-Session-Token", token),
          house.delete(path, "X-Session-Token", token),
          house.get(path, "X-Session-Token", "hgs_guess")
        }) {
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.errorCode()).isEqualTo("invalid_session_token");
    }
    assertThat(house.get(path, "X-Session-Token", other.at("/session_token").asText()).status())
        .isEqualTo(200);
  }

  @Test
  void aStoreThatFailsIsToldAndTheTurnDoesNotCount() throws Exception {
    TestHouse house = start(TestHouse.plan());
    JsonNode session = house.newSession();
    house.store.failNext(InMemorySessionStore.Call.APPEND);

    Reply reply =
        house.post(CHAT, user("one"), "X-Session-Token", session.at("/session_token").asText());

    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.errorCode()).isEqualTo("storage_unavailable");
    assertThat(
            house
                .get("/v1/sessions/" + session.at("/session_id").asText() + "/messages")
                .json()
                .at("/data"))
        .isEmpty();
  }

  @Test
  void anUnknownSessionIsNotFound() throws Exception {
    TestHouse house = start(TestHouse.plan());
    String path = "/v1/sessions/sess_" + "x".repeat(24);

    assertThat(house.get(path).errorCode()).isEqualTo("session_not_found");
    assertThat(house.get(path + "/messages").status()).isEqualTo(404);
    assertThat(house.get(path + "/receipt").status()).isEqualTo(404);
    assertThat(house.delete(path).status()).isEqualTo(404);
    assertThat(house.get("/v1/sessions/..%2f..").errorCode()).isEqualTo("session_not_found");
  }

  private static CompletableFuture<HttpResponse<String>> turn(
      TestHouse house, String content, String token) {
    return house
        .client()
        .sendAsync(
            house.posting(CHAT, user(content), "X-Session-Token", token).build(),
            BodyHandlers.ofString());
  }
}
