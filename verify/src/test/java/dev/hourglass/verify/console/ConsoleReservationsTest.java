package dev.hourglass.verify.console;

import static dev.hourglass.verify.console.ConsolePage.expect;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.BoundingBox;
import dev.hourglass.verify.console.ConsoleHouse.Plan;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The reservations page shows the calendar of the API, and books by form and by dragging. */
class ConsoleReservationsTest {
  @RegisterExtension static final Chromium CHROMIUM = new Chromium();

  private static final String ROUTE = "#/reservations";

  private final Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS).plusSeconds(7_200);
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
  void theFormHoldsAndTheButtonConfirms() throws Exception {
    try (ConsolePage console = open("UTC")) {
      console.page.locator("#reserve-start").fill(local(hour));
      console.page.locator("#reserve-end").fill(local(hour.plusSeconds(3_600)));
      console.page.locator("#reserve-sessions").fill("3");
      console.page.locator("#reserve-id").fill("demo");
      console.button("Hold").click();

      expect(field(row(console, "demo"), "status")).hasText("held");
      expect(field(row(console, "demo"), "left"))
          .hasText(Pattern.compile("^(1:00|0:\\d\\d) to confirm$"));
      assertThat(status("demo")).isEqualTo("held");
      row(console, "demo").locator(".row-buttons .button").click();

      expect(field(row(console, "demo"), "status")).hasText("confirmed");
      expect(field(row(console, "demo"), "left")).hasText(Pattern.compile("^begins in .+"));
      JsonNode reservation = house.get("/v1/reservations/demo").json();
      assertThat(reservation.get("status").asText()).isEqualTo("confirmed");
      assertThat(reservation.get("start").asText()).isEqualTo(hour.toString());
      assertThat(reservation.get("end").asText()).isEqualTo(hour.plusSeconds(3_600).toString());
      assertThat(reservation.get("sessions").asInt()).isEqualTo(3);
      console.keptQuiet();
    }
  }

  @Test
  void aWindowIsDrawnByDragging() throws Exception {
    try (ConsolePage console = open("UTC")) {
      BoundingBox box = console.page.locator(".calendar-plot").boundingBox();
      console.page.mouse().move(box.x + box.width * 0.5, box.y + 80);
      console.page.mouse().down();
      console.page.mouse().move(box.x + box.width * 0.55, box.y + 90);
      console.page.mouse().move(box.x + box.width * 0.6, box.y + 90);
      console.page.mouse().up();
      expect(console.page.locator("#reserve-sessions")).isFocused();
      expect(console.page.locator(".calendar-selection")).isVisible();
      console.page.keyboard().press("Enter");
      expect(console.page.locator("tbody tr")).hasCount(1);

      JsonNode held = house.get("/v1/reservations").json().at("/data/0");
      Instant start = Instant.parse(held.get("start").asText());
      Instant end = Instant.parse(held.get("end").asText());
      Instant middle = Instant.now().plus(Duration.ofHours(12));
      assertThat(start).isBetween(middle.minusSeconds(2_700), middle.plusSeconds(2_700));
      assertThat(Duration.between(start, end).toMinutes()).isBetween(115L, 175L);
      assertThat(start.getEpochSecond() % 900).as("drawn in quarters of an hour").isZero();
      console.keptQuiet();
    }
  }

  @Test
  void theCalendarIsThatOfTheApi() throws Exception {
    reserve("first", hour, 3_600, 4);
    reserve("second", hour.plusSeconds(1_800), 3_600, 12);
    try (ConsolePage console = open("UTC")) {
      expect(console.page.locator(".stretch")).hasCount(3);
      List<String> levels =
          console.page.locator(".stretch").all().stream()
              .map(stretch -> stretch.getAttribute("data-sessions"))
              .toList();
      assertThat(levels).containsExactly("4", "16", "12");
      expect(console.page.locator(".stretch[data-fill=full]")).hasCount(1);
      expect(console.page.locator(".booking")).hasCount(2);
      expect(field(console.page.locator(".calendar"), "capacity")).hasText("16 sessions");
      expect(field(console.page.locator(".calendar"), "calendar-summary"))
          .containsText("at most 16 of 16 sessions");
      console.keptQuiet();
    }
  }

  @Test
  void whatDoesNotFitIsOfferedAtItsEarliest() throws Exception {
    Instant odd = hour.plusSeconds(3_620);
    reserve("others", hour, 3_620, 16);
    try (ConsolePage console = open("UTC")) {
      console.page.locator("#reserve-start").fill(local(hour));
      console.page.locator("#reserve-end").fill(local(hour.plusSeconds(600)));
      console.page.locator("#reserve-id").fill("mine");
      console.button("Hold").click();
      expect(console.page.locator(".reserve-answer")).containsText("Others have reserved that.");
      console.button("Take that").click();

      expect(row(console, "mine")).isVisible();
      JsonNode mine = house.get("/v1/reservations/mine").json();
      assertThat(mine.get("start").asText()).isEqualTo(odd.toString());
      console.forgiveStatus(409);
      console.keptQuiet();
    }
  }

  @Test
  void releasingFreesTheRoomAndEndedOnesAreShownOnRequest() throws Exception {
    reserve("demo", hour, 600, 16);
    try (ConsolePage console = open("UTC")) {
      row(console, "demo").getByLabel(Pattern.compile("Release reservation")).click();

      expect(row(console, "demo")).hasCount(0);
      expect(console.page.locator(".stretch")).hasCount(0);
      assertThat(status("demo")).isEqualTo("cancelled");
      console.page.getByLabel("Ended ones too").check();
      expect(field(row(console, "demo"), "status")).hasText("cancelled");
      console.keptQuiet();
    }
  }

  @Test
  void timesAreThoseOfThePlace() throws Exception {
    Instant evening = hour.truncatedTo(ChronoUnit.DAYS).plus(Duration.ofHours(42));
    reserve("late", evening, 600, 1);
    try (ConsolePage console = open("Asia/Tokyo")) {
      expect(field(row(console, "late"), "window")).containsText("03:00–03:10");
    }
  }

  @Test
  void aNarrowScreenNeedsNoSidewaysScrolling() throws Exception {
    reserve("a-name-that-is-as-long-as-names-of-reservations-may-ever-be", hour, 600, 1);
    Browser.NewContextOptions narrow = new Browser.NewContextOptions().setViewportSize(320, 640);
    try (ConsolePage console = ConsolePage.open(CHROMIUM, house, ROUTE, narrow)) {
      expect(console.page.locator("tbody tr")).hasCount(1);
      assertThat(
              console.page.evaluate(
                  """
                  () => [...document.querySelectorAll('html, .sessions-scroll')]
                      .filter(node => node.scrollWidth > node.clientWidth).map(node => node.className)
                  """))
          .isEqualTo(List.of());
      console.keptQuiet();
    }
  }

  private ConsolePage open(String zone) {
    return ConsolePage.open(
        CHROMIUM,
        house,
        ROUTE,
        new Browser.NewContextOptions()
            .setViewportSize(1280, 860)
            .setTimezoneId(zone)
            .setLocale("en-GB"));
  }

  private void reserve(String id, Instant start, long seconds, int sessions) throws Exception {
    int status =
        house
            .post(
                "/v1/reservations",
                "{\"id\":\"%s\",\"start\":\"%s\",\"end\":\"%s\",\"sessions\":%d}"
                    .formatted(id, start, start.plusSeconds(seconds), sessions))
            .status();
    assertThat(status).isEqualTo(201);
    house.post("/v1/reservations/" + id + "/confirm", "");
  }

  private String status(String id) throws Exception {
    return house.get("/v1/reservations/" + id).json().get("status").asText();
  }

  /** A moment as {@code datetime-local} fields take it, in UTC. */
  private static String local(Instant moment) {
    return moment.toString().substring(0, "2026-11-21T14:00".length());
  }

  private static Locator row(ConsolePage console, String id) {
    return console.page.locator("tr[data-id='" + id + "']");
  }

  private static Locator field(Locator within, String name) {
    return within.locator("[data-field='" + name + "']");
  }
}
