package dev.hourglass.verify.console;

import static dev.hourglass.verify.console.ConsolePage.expect;
import static dev.hourglass.verify.console.ConsolePage.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import dev.hourglass.verify.console.ConsoleHouse.Plan;
import dev.hourglass.verify.console.ConsoleHouse.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sessions page shows what {@code GET /v1/sessions} says, and destroys with a receipt. */
class ConsoleSessionsTest {
  @RegisterExtension static final Chromium CHROMIUM = new Chromium();

  private ConsoleHouse house;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    house = new ConsoleHouse(Plan.USUAL.destructionWait(Duration.ofMillis(300)));
  }

  @AfterEach
  void stop() throws InterruptedException {
    house.close();
  }

  @Test
  void theNumbersAreThoseOfTheApi() throws Exception {
    house.conversation("a short one");
    house.engine.next(Script.says("a", " much", " longer", " answer", " than", " the", " others"));
    house.conversation("a conversation of somewhat more words than the first one had");
    house.post("/v1/chat/completions", ConsoleHouse.userSays("an ordinary client"));
    house.post("/v1/sessions", "{\"metadata\":{\"client\":\"agent-7\"}}");

    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/sessions")) {
      JsonNode list = house.get("/v1/sessions").json();
      expect(console.page.locator(".sessions tbody tr")).hasCount(4);
      assertThat(list.get("data")).hasSize(4);
      for (JsonNode session : list.get("data")) {
        Locator row = row(console, session.get("session_id").asText());
        for (String field : new String[] {"kind", "state", "residency"}) {
          expect(field(row, field)).hasText(session.get(field).asText());
        }
        assertThat(number(field(row, "kv"))).isEqualTo(session.get("kv_tokens").asInt());
        assertThat(number(field(row, "turns"))).isEqualTo(session.get("turns").asInt());
        long leftSeconds = session.get("expires_at").asLong() - System.currentTimeMillis() / 1000;
        assertThat(clockSeconds(field(row, "expires").innerText()))
            .isBetween(leftSeconds - 3, leftSeconds + 3);
      }
      expect(row(console, list.at("/data/0/session_id").asText())).isVisible();
      expect(
              console
                  .page
                  .locator(".sessions tbody tr")
                  .filter(new Locator.FilterOptions().setHasText("agent-7")))
          .hasCount(1);
      assertThat(total(console, "live")).isEqualTo(list.get("total").asInt()).isEqualTo(4);
      assertThat(total(console, "kv-used")).isEqualTo(list.at("/kv/used_tokens").asInt());
      expect(console.page.locator(".total.wide"))
          .containsText("of %,d tokens".formatted(list.at("/kv/capacity_tokens").asInt()));
      long hot =
          list.get("data").findValuesAsText("residency").stream().filter("hot"::equals).count();
      assertThat(total(console, "resident")).isEqualTo((int) hot).isEqualTo(3);
      expect(console.page.locator(".kv-segment")).hasCount(3);

      console.page.getByLabel("implicit").check();
      expect(console.page.locator(".sessions tbody tr")).hasCount(1);
      console.keptQuiet();
    }
  }

  @Test
  void tiersReasonsAndReceiptsAreThoseOfTheApi() throws Exception {
    String gone = house.conversation("a short one").get("session_id").asText();
    String kept = house.conversation("another one").get("session_id").asText();

    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/sessions")) {
      expect(console.page.locator("tbody tr[data-id]")).hasCount(2);
      JsonNode session = house.get("/v1/sessions/" + kept).json();
      expect(field(row(console, kept), "why"))
          .hasText(Pattern.compile("^kept HOT: there is room, .+"));
      expect(field(row(console, kept), "activity")).hasText(Pattern.compile("^[01]\\.\\d\\d$"));
      expect(row(console, kept).locator(".activity-parts .bar")).hasCount(3);

      Locator hot = console.page.locator(".tier[data-tier=hot]");
      expect(console.page.locator(".tier")).hasCount(3);
      int held = house.get("/v1/retention").json().at("/tiers/0/kv_tokens").asInt();
      expect(field(hot, "held")).hasText("2 sessions, %,d tokens".formatted(held));
      expect(hot.locator(".tier-segment")).hasCount(2);
      Object part =
          hot.locator(".tier-segment[data-id='" + kept + "']")
              .evaluate("segment => Number(segment.style.getPropertyValue('--part'))");
      assertThat(((Number) part).doubleValue())
          .isCloseTo(session.at("/retention/kv_tokens").asDouble() / held, offset(1e-9));
      expect(console.page.locator("[data-field=policy]")).hasText("policy value");

      house.delete("/v1/sessions/" + gone);
      Locator receipt = console.page.locator("tr[data-receipt='" + gone + "']");
      expect(field(receipt, "reason")).hasText("closed");
      expect(field(receipt, "residue")).hasText("0");
      expect(receipt.locator("[data-outcome=applied]")).hasCount(7);
      expect(field(receipt, "text")).hasText("gone");
      expect(hot.locator(".tier-segment")).hasCount(1);
      console.keptQuiet();
    }
  }

  @Test
  void theLeakGuardTellsWhatTheLatestSweepFound() throws Exception {
    house.conversation("one that is kept");
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/sessions")) {
      expect(console.page.locator("tbody tr[data-id]")).hasCount(1);
      expect(console.page.locator(".leaks")).isHidden();

      house.engine.occupy(new SessionId("sess_%024d".formatted(1)), 42);
      var _ = house.sweep.run().get(10, TimeUnit.SECONDS);

      JsonNode sweep = house.get("/v1/retention").json().get("sweep");
      assertThat(sweep.get("orphans").asInt()).isOne();
      assertThat(sweep.get("leak_rate").asDouble()).isPositive();
      expect(field(console.page.locator(".leaks"), "leak-rate"))
          .hasText("leak rate %d%%".formatted((int) (100 * sweep.get("leak_rate").asDouble())));
      expect(field(console.page.locator(".leaks"), "sweep"))
          .containsText("0 expired, 1 orphan, 0 lost leases");
      console.keptQuiet();
    }
  }

  @Test
  void barsAreAsLongAsTheirNumbers() throws Exception {
    house.conversation("a short one");
    house.conversation("one two three four five six seven eight nine ten eleven twelve thirteen");

    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/sessions")) {
      expect(console.page.locator(".sessions tbody tr")).hasCount(2);
      JsonNode list = house.get("/v1/sessions").json();
      double capacity = list.at("/kv/capacity_tokens").asDouble();
      for (JsonNode session : list.get("data")) {
        Object part =
            row(console, session.get("session_id").asText())
                .locator(".kv-cell .bar")
                .evaluate("bar => Number(bar.style.getPropertyValue('--part'))");
        assertThat(((Number) part).doubleValue())
            .isCloseTo(session.get("kv_tokens").asInt() / capacity, offset(1e-9));
      }
    }
  }

  @Test
  void thePageFollowsWhatHappens() throws Exception {
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/sessions")) {
      expect(console.page.getByText("No session lives at the moment.")).isVisible();
      String id = house.conversation("hello").get("session_id").asText();
      expect(field(row(console, id), "turns")).hasText("1");
      house.delete("/v1/sessions/" + id);
      expect(row(console, id)).hasCount(0);
      console.keptQuiet();
    }
  }

  @Test
  void destroyingShowsTheReceiptAndEndsTheToken() throws Exception {
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "")) {
      console.sendAndWait("A secret to be erased");
      String id = console.sessionId();
      String token = console.token(id);
      console.page.locator("[data-page=sessions]").click();

      row(console, id).getByLabel(Pattern.compile("Destroy session")).click();
      expect(console.dialog()).containsText("Destroy this session?");
      console.button("Keep it").click();
      expect(console.dialog()).hasCount(0);
      assertThat(house.get("/v1/sessions/" + id).status()).isEqualTo(200);

      row(console, id).getByLabel(Pattern.compile("Destroy session")).click();
      console.button("Destroy").click();

      expect(console.dialog()).containsText("Destruction receipt");
      Reply receipt = house.get("/v1/sessions/" + id + "/receipt");
      assertThat(receipt.status()).isEqualTo(200);
      expect(field(console.dialog(), "session")).hasText(id);
      expect(field(console.dialog(), "reason")).hasText(receipt.json().get("reason").asText());
      expect(field(console.dialog(), "residue"))
          .hasText(receipt.json().at("/residue/kv_tokens").asInt() + " KV tokens remain");
      assertThat(receipt.json().at("/residue/kv_tokens").asInt()).isZero();
      assertThat(receipt.json().get("stages")).hasSize(7);
      expect(console.dialog().locator("tbody tr")).hasCount(7);
      for (JsonNode stage : receipt.json().get("stages")) {
        Locator line =
            console.dialog().locator("tr[data-stage='" + stage.get("stage").asText() + "']");
        expect(line.locator(".outcome")).hasText(stage.get("outcome").asText());
        expect(field(line, "millis")).hasText(Pattern.compile("^(< )?[\\d.]+ m?s$"));
      }
      console.button("Done").click();

      expect(row(console, id)).hasCount(0);
      expect(console.page.locator(".conversations .ended")).hasCount(1);
      Reply refused =
          house.post(
              "/v1/chat/completions",
              ConsoleHouse.userSays("still there?"),
              "X-Session-Token",
              token);
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.json().at("/error/code").asText()).isEqualTo("invalid_session_token");
      console.keptQuiet();
    }
  }

  @Test
  void theReceiptOfASlowDestructionIsWaitedFor() throws Exception {
    String id = house.conversation("hold on").get("session_id").asText();
    CompletableFuture<Void> gate = new CompletableFuture<>();
    house.engine.stallReleases(gate);
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/sessions")) {
      row(console, id).getByLabel(Pattern.compile("Destroy session")).click();
      console.page.waitForResponse(
          response -> response.url().endsWith("/receipt") && response.status() == 202,
          () -> console.button("Destroy").click());
      expect(console.button("Destroying…")).isDisabled();

      gate.complete(null);

      expect(field(console.dialog(), "residue")).hasText("0 KV tokens remain");
      expect(field(console.dialog(), "session")).hasText(id);
      console.keptQuiet();
    } finally {
      gate.complete(null);
    }
  }

  private static Locator row(ConsolePage console, String id) {
    return console.page.locator("tr[data-id='" + id + "']");
  }

  private static Locator field(Locator within, String name) {
    return within.locator("[data-field='" + name + "']");
  }

  private static int total(ConsolePage console, String name) {
    return number(console.page.locator(".totals [data-field='" + name + "']"));
  }

  /** The seconds of a time such as {@code 29:41}. */
  private static long clockSeconds(String clock) {
    String[] parts = clock.split(":", -1);
    assertThat(parts).as(clock).hasSize(2);
    return Long.parseLong(parts[0]) * 60 + Long.parseLong(parts[1]);
  }
}
