package dev.hourglass.verify.console;

import static dev.hourglass.verify.console.ConsolePage.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.live.LoadSignal;
import dev.hourglass.core.load.live.Series;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import dev.hourglass.verify.console.ConsoleHouse.Plan;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The load page shows what {@code GET /v1/load} says; seconds pass when a test says so. */
class ConsoleLoadTest {
  @RegisterExtension static final Chromium CHROMIUM = new Chromium();

  private ConsoleHouse house;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    house = new ConsoleHouse(Plan.USUAL);
  }

  @AfterEach
  void stop() throws InterruptedException {
    house.close();
  }

  @Test
  void whatWasNeverReadIsUnknownAndNotZero() {
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/load")) {
      expect(console.page.locator("nav [aria-current=page]")).hasText("Load");
      assertThat(console.page.title()).isEqualTo("Load · Hourglass");
      expect(signal(console, "kv_used_tokens").locator("[data-field=value]")).hasText("unknown");
      expect(signal(console, "kv_used_tokens").locator("[data-field=forecast]"))
          .hasText("Nothing was read yet.");
      expect(console.page.locator("[data-state=known]")).hasCount(0);
      console.keptQuiet();
    }
  }

  @Test
  void theNumbersAndTheReasonsAreThoseOfTheApi() throws Exception {
    house.conversation("one two three four five six seven eight");
    secondsUntilForeseen(LoadSignal.KV_USED_TOKENS);
    secondsUntilForeseen(LoadSignal.LIVE_SESSIONS);
    JsonNode load = house.get("/v1/load").json();

    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/load")) {
      Locator memory = signal(console, "kv_used_tokens");
      expect(memory.locator("[data-field=value]"))
          .hasText(String.valueOf(api(load, "kv_used_tokens").get("value").asInt()));
      expect(memory.locator("[data-field=capacity]")).hasText("of 80,000");
      expect(memory.locator("[data-field=forecast]"))
          .hasText(Pattern.compile("^In 60 s about [\\d.,]+, in nine of ten cases at most .*\\.$"));
      expect(signal(console, "live_sessions").locator("[data-field=value]")).hasText("1");
      expect(signal(console, "queue_length").locator("[data-field=value]")).hasText("unknown");

      for (JsonNode threshold : load.at("/pools/0/thresholds")) {
        expect(
                console.page.locator(
                    "[data-threshold='" + threshold.get("name").asText() + "'] .fine"))
            .hasText(threshold.get("explanation").asText());
      }
      expect(console.page.locator("[data-threshold=pressed] .threshold-value")).hasText("no");
      expect(console.page.locator(".load-pool [data-field=capacity]"))
          .hasText(load.at("/pools/0/capacity/explanation").asText());
      expect(console.page.locator("[data-field=sensors]"))
          .hasText("All " + load.get("sensors").size() + " sensors answer.");
      console.keptQuiet();
    }
  }

  @Test
  void theFanIsDrawnFromNowToTheLongestHorizon() throws Exception {
    house.conversation("hello");
    secondsUntilForeseen(LoadSignal.KV_USED_TOKENS);

    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/load")) {
      Locator chart = signal(console, "kv_used_tokens").locator("svg");
      expect(chart.locator(".came")).hasAttribute("d", Pattern.compile("^M.*"));
      // From now, over three horizons, to the right edge of the picture.
      List<Double> across =
          Stream.of(chart.locator(".fan-middle").getAttribute("d").substring(1).split("L", -1))
              .map(point -> Double.valueOf(point.split(" ", -1)[0]))
              .toList();
      assertThat(across).hasSize(4).isSorted();
      assertThat(across.getFirst()).isEqualTo(500);
      assertThat(across.getLast()).isEqualTo(600);
      expect(chart).hasAttribute("aria-label", Pattern.compile("^KV memory: In 60 s about .*"));

      console.page.getByLabel("120 s").check();
      expect(signal(console, "kv_used_tokens").locator("[data-field=forecast]"))
          .hasText(Pattern.compile("^In 120 s about .*"));
      console.keptQuiet();
    }
  }

  @Test
  void whoIsToldToComeBackIsListed() throws Exception {
    house.close();
    house = new ConsoleHouse(Plan.USUAL.turns(1));
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(Script.says("one").thenAwaits(gate));
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/load")) {
      expect(console.page.locator("[data-field=refused]"))
          .hasText("Nobody was told to come back later.");
      Thread asking =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  house.post("/v1/chat/completions", ConsoleHouse.userSays("hold on"));
                } catch (IOException | InterruptedException failure) {
                  throw new AssertionError(failure);
                }
              });
      Awaitility.await().until(() -> house.engine.running() == 1);
      assertThat(house.post("/v1/chat/completions", ConsoleHouse.userSays("me too")).status())
          .isEqualTo(503);

      expect(console.page.locator("[data-field=refused]"))
          .hasText("1 since the start; the latest:");
      expect(console.page.locator(".refusals li")).hasCount(1);
      expect(console.page.locator(".refusals li"))
          .hasText(Pattern.compile("^overloaded\\s*told to come back in 1 s\\s*\\d+ s ago$"));
      gate.countDown();
      asking.join();
      console.keptQuiet();
    } finally {
      gate.countDown();
    }
  }

  @Test
  void thePageFollowsWhatHappens() throws Exception {
    secondsUntilForeseen(LoadSignal.KV_USED_TOKENS);
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/load")) {
      Locator value = signal(console, "kv_used_tokens").locator("[data-field=value]");
      expect(value).hasText("0");
      house.conversation("some words that stay in memory");
      Awaitility.await()
          .untilAsserted(() -> {
            house.load.second();
            assertThat(house.load.value(series(LoadSignal.KV_USED_TOKENS)).orElseThrow())
                .isPositive();
          });
      expect(value).hasText(Pattern.compile("^[1-9]\\d*$"));
      console.keptQuiet();
    }
  }

  /** Lets seconds pass until a signal has been read and five of them are full. */
  private void secondsUntilForeseen(LoadSignal signal) {
    Awaitility.await()
        .untilAsserted(() -> {
          house.load.second();
          assertThat(house.load.value(series(signal))).isPresent();
          assertThat(
                  house.load.outlook(series(signal), Horizon.HALF_MINUTE).orElseThrow().forecast())
              .isNotNull();
        });
  }

  private static Series series(LoadSignal signal) {
    return new Series(signal, ConsoleHouse.MODEL);
  }

  private static Locator signal(ConsolePage console, String name) {
    return console.page.locator("[data-signal='" + name + "']");
  }

  private static JsonNode api(JsonNode load, String name) {
    for (JsonNode signal : load.get("signals")) {
      if (signal.get("signal").asText().equals(name)) {
        return signal;
      }
    }
    throw new AssertionError(name + " is not in the answer");
  }
}
