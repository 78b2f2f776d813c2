package dev.hourglass.verify.console;

import static dev.hourglass.verify.console.ConsolePage.expect;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.verify.console.ConsoleHouse.Plan;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The console asks for an API key where there are any, and goes on with what was wanted. */
class ConsoleKeyTest {
  @RegisterExtension static final Chromium CHROMIUM = new Chromium();
  private static final String KEY = "the-key-of-the-tests";

  private ConsoleHouse house;
  private ConsolePage console;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    house = new ConsoleHouse(Plan.USUAL.key("tests", KEY));
    console = ConsolePage.open(CHROMIUM, house, "");
  }

  @AfterEach
  void stop() throws InterruptedException {
    try {
      console.forgiveStatus(401);
      console.keptQuiet();
    } finally {
      console.close();
      house.close();
    }
  }

  @Test
  void aWrongKeyIsAskedForAgainAndTheRightOneIsUsed() throws Exception {
    expect(console.dialog()).containsText("An API key is needed");
    console.page.locator("#api-key").fill("not-the-key");
    console.button("Use this key").click();
    expect(console.dialog()).containsText("Another API key is needed");
    expect(console.dialog()).containsText("the API key is unknown");
    console.page.locator("#api-key").fill(KEY);
    console.page.locator("#api-key").press("Enter");

    expect(console.page.locator("#model")).hasText(ConsoleHouse.MODEL);
    console.sendAndWait("Hello?");
    expect(console.lastAnswerText()).hasText("Hello, world!");
    assertThat(
            house
                .get("/v1/sessions/" + console.sessionId(), "Authorization", "Bearer " + KEY)
                .status())
        .isEqualTo(200);
    assertThat(console.page.evaluate("Object.values(sessionStorage).join()")).isEqualTo(KEY);
    assertThat((String) console.page.evaluate("JSON.stringify(localStorage)")).doesNotContain(KEY);
  }

  @Test
  void whoDismissesTheQuestionIsNotAskedByEveryRefresh() {
    expect(console.dialog()).isVisible();
    console.button("Not now").click();
    console.go("#/sessions");
    console.page.waitForResponse(
        response -> response.url().contains("/v1/sessions") && response.status() == 401, () -> {});
    expect(console.dialog()).hasCount(0);

    console.button("Enter an API key").click();
    console.page.locator("#api-key").fill(KEY);
    console.button("Use this key").click();

    expect(console.page.getByText("No session lives at the moment.")).isVisible();
    expect(console.page.locator("#model")).hasText(ConsoleHouse.MODEL);
  }

  @Test
  void aMessageWaitsForTheKey() {
    console.button("Not now").click();
    console.send("Hello?");
    expect(console.dialog()).isVisible();
    console.page.locator("#api-key").fill(KEY);
    console.button("Use this key").click();
    expect(console.lastAnswerText()).hasText("Hello, world!");
  }
}
