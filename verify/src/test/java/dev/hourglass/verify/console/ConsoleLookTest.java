package dev.hourglass.verify.console;

import static dev.hourglass.verify.console.ConsolePage.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.options.ColorScheme;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import dev.hourglass.verify.console.ConsoleHouse.Plan;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The console with keys alone, in the dark, and on a narrow screen. */
class ConsoleLookTest {
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
  void everythingCanBeDoneFromTheKeyboard() {
    house.engine.next(Script.says("one", " two").thenAwaits(new CountDownLatch(1)));
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "")) {
      expect(console.message()).isFocused();
      keys(console, "First line", "Shift+Enter", "second line", "Enter");
      expect(console.page.locator(".bubble")).hasText("First line\nsecond line");
      expect(console.lastAnswerText()).hasText("one two");
      keys(console, "Escape");
      expect(console.answers().last()).containsText("stopped");
      expect(console.message()).isFocused();
      keys(console, "Again", "Enter");
      expect(console.lastAnswerText()).hasText("Hello, world!");

      tabTo(console, "[data-page=sessions]");
      keys(console, "Enter");
      expect(console.page.locator(".sessions tbody tr")).hasCount(1);
      tabTo(console, ".row-actions button");
      keys(console, "Enter");
      expect(console.button("Keep it")).isFocused();
      keys(console, "Escape");
      expect(console.dialog()).hasCount(0);
      keys(console, "Enter", "Tab", "Enter");
      expect(console.button("Done")).isFocused();
      keys(console, "Enter");
      expect(console.page.locator(".sessions tbody tr")).hasCount(0);
      console.keptQuiet();
    }
  }

  /** Presses keys; what is no key's name is typed. */
  private static void keys(ConsolePage console, String... presses) {
    for (String press : presses) {
      if (List.of("Enter", "Shift+Enter", "Escape", "Tab").contains(press)) {
        console.page.keyboard().press(press);
      } else {
        console.page.keyboard().type(press);
      }
    }
  }

  /** Walks with the Tab key, and requires that the focus can be seen where it arrives. */
  private static void tabTo(ConsolePage console, String selector) {
    for (int steps = 0; steps < 60; steps++) {
      keys(console, "Tab");
      if (Boolean.TRUE.equals(
          console.page.evaluate("css => document.activeElement.matches(css)", selector))) {
        assertThat(console.page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
            .as("the outline of " + selector)
            .isEqualTo("solid");
        return;
      }
    }
    throw new AssertionError("the Tab key does not reach " + selector);
  }

  @Test
  void theSkipLinkComesFirst() {
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/sessions")) {
      keys(console, "Tab");
      expect(console.page.locator("#skip")).isFocused();
      keys(console, "Enter");
      expect(console.page.locator("#main")).isFocused();
      assertThat(console.page.url()).endsWith("#/sessions");
    }
  }

  @Test
  void theColoursFollowTheSystemAndTheChoice() {
    Browser.NewContextOptions dark =
        new Browser.NewContextOptions().setColorScheme(ColorScheme.DARK);
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "", dark)) {
      assertThat(brightness(console)).as("as the system prefers").isLessThan(60);
      console.page.getByLabel("Light").check();
      assertThat(brightness(console)).as("as chosen").isGreaterThan(200);
      console.page.reload();
      assertThat(brightness(console)).as("as chosen before").isGreaterThan(200);
      console.page.getByLabel("As the system").check();
      assertThat(brightness(console)).isLessThan(60);
      console.keptQuiet();
    }
  }

  /** The mean of the page's background, 0 to 255. */
  private static double brightness(ConsolePage console) {
    return ((Number)
            console.page.evaluate(
                """
                () => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
                    .slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3
                """))
        .doubleValue();
  }

  @Test
  void aNarrowScreenNeedsNoSidewaysScrolling() throws Exception {
    house.engine.next(
        Script.says(
            "```\n" + "a line of code that is long ".repeat(10) + "\n```\n\n" + "x".repeat(300)));
    house.conversation("somebody else's");
    Browser.NewContextOptions narrow = new Browser.NewContextOptions().setViewportSize(320, 640);
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "", narrow)) {
      console.sendAndWait("w".repeat(200));
      fits(console);
      console.button("Menu").click();
      expect(console.button("Close menu")).isFocused();
      console.page.locator("[data-page=sessions]").click();
      expect(console.page.locator(".sessions tbody tr")).hasCount(2);
      fits(console);
      console.keptQuiet();
    }
  }

  private static void fits(ConsolePage console) {
    assertThat(
            console.page.evaluate(
                """
                () => [...document.querySelectorAll('html, .scroller, .sessions-scroll')]
                    .filter(node => node.scrollWidth > node.clientWidth).map(node => node.className)
                """))
        .as("what is wider than the screen")
        .isEqualTo(List.of());
  }

  @Test
  void screenReadersHearWholeSentences() {
    CountDownLatch gate = new CountDownLatch(1);
    house.engine.next(
        Script.says("The sand runs. ", "Then it").thenAwaits(gate).thenSays(" rests."));
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "")) {
      console.send("What happens?");
      expect(console.page.locator("#announcer")).containsText("The sand runs.");
      expect(console.page.locator("#announcer")).not().containsText("Then it");
      gate.countDown();
      expect(console.page.locator("#announcer")).containsText("Then it rests.");
      console.keptQuiet();
    }
  }
}
