package dev.hourglass.verify.console;

import static dev.hourglass.verify.console.ConsolePage.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import dev.hourglass.verify.console.ConsoleHouse.Plan;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The endpoints page shows what {@code GET /v1/endpoints} says, and takes orders. */
class ConsoleEndpointsTest {
  @RegisterExtension static final Chromium CHROMIUM = new Chromium();

  @Test
  void theFiguresAreThoseOfTheApi() throws Exception {
    ConsoleHouse house = new ConsoleHouse(Plan.USUAL.withTwoEndpoints());
    house.conversation("hello");
    JsonNode endpoints = house.get("/v1/endpoints").json().get("data");
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/endpoints")) {
      assertThat(console.page.title()).isEqualTo("Endpoints · Hourglass");
      expect(console.page.locator(".endpoint")).hasCount(2);
      for (JsonNode endpoint : endpoints) {
        Locator card = card(console, endpoint.get("id").asText());
        expect(card.locator("[data-field=state]")).hasText("serving");
        expect(card.locator("[data-field=breaker]")).hasText("breaker closed");
        expect(card.locator("[data-field=counts]"))
            .hasText(
                Pattern.compile(
                    "^" + endpoint.at("/generations/sent").asInt() + " generations sent, .*"));
        int sessions = endpoint.get("sessions").asInt();
        expect(card.locator("[data-field=sessions]"))
            .hasText(
                Pattern.compile(
                    sessions == 0
                        ? "^No session is known to sit here\\.$"
                        : "^" + sessions + " sessions sit here: .+"));
      }
      expect(card(console, "one").locator("[data-field=in-flight] .total-of"))
          .hasText("of 8 slots");
      console.keptQuiet();
    } finally {
      house.close();
    }
  }

  @Test
  void anEndpointIsEjectedAndRestored() throws Exception {
    ConsoleHouse house = new ConsoleHouse(Plan.USUAL.withTwoEndpoints());
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/endpoints")) {
      Locator one = card(console, "one");
      button(one, "Eject").click();
      expect(one.locator("[data-field=state]")).hasText("ejected by an operator");
      assertThat(house.get("/v1/endpoints").json().at("/data/0/state").asText())
          .isEqualTo("ejected");
      expect(button(one, "Eject")).isDisabled();

      button(one, "Restore").click();
      expect(one.locator("[data-field=state]")).hasText(Pattern.compile("^coming back, .*"));
      button(one, "Drain").click();
      expect(one.locator("[data-field=state]")).hasText("draining");
      expect(card(console, "two").locator("[data-field=state]")).hasText("serving");
      console.keptQuiet();
    } finally {
      house.close();
    }
  }

  @Test
  void withoutEndpointsThePageSaysHowToGetSome() throws Exception {
    ConsoleHouse house = new ConsoleHouse(Plan.USUAL);
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, "#/endpoints")) {
      expect(console.page.locator(".endpoints-page .none")).isVisible();
      expect(console.page.locator(".endpoints-page .none"))
          .hasText(Pattern.compile(".*--upstream.*"));
      console.keptQuiet();
    } finally {
      house.close();
    }
  }

  private static Locator card(ConsolePage console, String endpoint) {
    return console.page.locator("[data-endpoint=" + endpoint + "]");
  }

  private static Locator button(Locator card, String label) {
    return card.locator("button", new Locator.LocatorOptions().setHasText(label));
  }
}
