package dev.hourglass.server;

import static dev.hourglass.server.TestHouse.MODEL;
import static dev.hourglass.server.TestHouse.RESERVABLE;
import static dev.hourglass.server.TestHouse.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hourglass.core.reservation.ReservationRules;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.server.TestHouse.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReservationsOverHttpTest {
  private static final String PATH = "/v1/reservations";

  private final Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS).plusSeconds(7_200);
  private TestHouse house;

  @BeforeEach
  void start() throws Exception {
    house = TestHouse.plan().start();
  }

  @AfterEach
  void stop() throws Exception {
    house.close();
  }

  // --- from hold to release --------------------------------------------------------------------

  @Test
  void aHoldIsToldWithItsFenceAndItsExpiry() throws Exception {
    Reply held = house.post(PATH, body(hour, hour.plusSeconds(600), 2));

    assertThat(held.status()).isEqualTo(201);
    JsonNode reservation = held.json();
    assertThat(reservation.get("reservation_id").asText()).startsWith("rsv_");
    assertThat(reservation.get("status").asText()).isEqualTo("held");
    assertThat(reservation.get("model").asText()).isEqualTo(MODEL);
    assertThat(reservation.get("start").asText()).isEqualTo(hour.toString());
    assertThat(reservation.get("end").asText()).isEqualTo(hour.plusSeconds(600).toString());
    assertThat(reservation.get("sessions").asInt()).isEqualTo(2);
    assertThat(reservation.get("fence").asLong()).isPositive();
    assertThat(Instant.parse(reservation.get("hold_expires_at").asText()))
        .isBetween(Instant.now().plusSeconds(50), Instant.now().plusSeconds(60));
    assertThat(held.header("Location"))
        .isEqualTo(PATH + "/" + reservation.get("reservation_id").asText());
  }

  @Test
  void aReservationGoesFromHoldToRelease() throws Exception {
    Instant now = Instant.now();
    JsonNode held = house.post(PATH, body(now, now.plusSeconds(600), 1, "mine")).json();

    Reply confirmed =
        house.post(PATH + "/mine/confirm", "{\"fence\":" + held.get("fence").asLong() + "}");
    assertThat(confirmed.status()).isEqualTo(200);
    assertThat(status(confirmed)).isEqualTo("confirmed");
    assertThat(confirmed.json().get("hold_expires_at").isNull()).isTrue();
    assertThat(confirmed.json().get("fence").asLong()).isGreaterThan(held.get("fence").asLong());

    assertThat(chat("X-Reservation", "mine").status()).isEqualTo(200);
    assertThat(status(house.get(PATH + "/mine"))).isEqualTo("active");

    Reply released = house.delete(PATH + "/mine");
    assertThat(released.status()).isEqualTo(200);
    assertThat(status(released)).isEqualTo("released");
    assertThat(chat("X-Reservation", "mine").errorCode()).isEqualTo("reservation_over");
  }

  @Test
  void whatIsConfirmedIsInTheStoreBeforeTheAnswer() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(600), 1, "mine"));
    house.post(PATH + "/mine/confirm", "");

    assertThat(house.reservationStore.pools().getFirst().reservations())
        .singleElement()
        .extracting(kept -> kept.status().wireName())
        .isEqualTo("confirmed");
  }

  @Test
  void everyStepMayBeRepeated() throws Exception {
    String hold = body(hour, hour.plusSeconds(600), 1, "mine");
    JsonNode first = house.post(PATH, hold).json();

    Reply again = house.post(PATH, hold);
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.json()).isEqualTo(first);

    JsonNode confirmed = house.post(PATH + "/mine/confirm", "").json();
    assertThat(house.post(PATH + "/mine/confirm", "{}").json()).isEqualTo(confirmed);
    JsonNode cancelled = house.delete(PATH + "/mine").json();
    assertThat(cancelled.get("status").asText()).isEqualTo("cancelled");
    assertThat(house.delete(PATH + "/mine").json()).isEqualTo(cancelled);
  }

  @Test
  void aStaleFenceConfirmsNothing() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(600), 1, "mine"));

    Reply refused = house.post(PATH + "/mine/confirm", "{\"fence\":999}");

    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.errorCode()).isEqualTo("stale_fence");
    assertThat(status(house.get(PATH + "/mine"))).isEqualTo("held");
  }

  @Test
  void aHoldThatIsNotConfirmedExpires() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(600), RESERVABLE, "slow"));

    house.pass(Duration.ofSeconds(61));

    Reply late = house.post(PATH + "/slow/confirm", "");
    assertThat(late.status()).isEqualTo(410);
    assertThat(late.errorCode()).isEqualTo("reservation_expired");
    assertThat(house.post(PATH, body(hour, hour.plusSeconds(600), RESERVABLE)).status())
        .as("its capacity is free again")
        .isEqualTo(201);
  }

  @Test
  void aNoShowFreesWhatIsLeft() throws Exception {
    Instant now = Instant.now();
    house.post(PATH, body(now, now.plusSeconds(3_600), RESERVABLE, "absent"));
    house.post(PATH + "/absent/confirm", "");

    house.pass(Duration.ofSeconds(301));

    assertThat(status(house.get(PATH + "/absent"))).isEqualTo("no_show");
    Instant later = now.plusSeconds(600);
    assertThat(house.post(PATH, body(later, later.plusSeconds(60), RESERVABLE)).status())
        .isEqualTo(201);
  }

  // --- room ------------------------------------------------------------------------------------

  @Test
  void whatDoesNotFitIsToldTheEarliestStartAndThatOneFits() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(600), 3));

    Reply refused = house.post(PATH, body(hour.plusSeconds(5), hour.plusSeconds(55), 2));

    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.errorCode()).isEqualTo("reservation_does_not_fit");
    assertThat(refused.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
    Instant earliest = Instant.parse(refused.json().get("earliest_start").asText());
    assertThat(earliest).isEqualTo(hour.plusSeconds(600));
    assertThat(refused.json().at("/error/earliest_start").asText()).isEqualTo(earliest.toString());
    assertThat(house.post(PATH, body(earliest, earliest.plusSeconds(50), 2)).status())
        .isEqualTo(201);
  }

  @Test
  void theEarliestStartIsNullWhereThereIsNone() throws Exception {
    house.close();
    house =
        TestHouse.plan()
            .reservations(
                new ReservationRules(
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(5),
                    Duration.ofDays(1),
                    Duration.ofMinutes(10),
                    10,
                    10,
                    10,
                    0))
            .start();
    Instant now = Instant.now();
    house.post(PATH, body(now, now.plusSeconds(1_200), RESERVABLE));

    Reply refused = house.post(PATH, body(now.plusSeconds(30), now.plusSeconds(60), 1));

    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().get("earliest_start").isNull()).isTrue();
  }

  @Test
  void theCalendarTellsWhatIsReservedAndNotByWhom() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(60), 1));
    house.post(PATH, body(hour.plusSeconds(30), hour.plusSeconds(90), 2));

    Reply calendar =
        house.get(
            "/v1/calendar?model=" + MODEL + "&from=" + hour + "&until=" + hour.plusSeconds(80));

    assertThat(calendar.status()).isEqualTo(200);
    assertThat(calendar.json().get("capacity").asInt()).isEqualTo(RESERVABLE);
    assertThat(calendar.json().get("reserved").toString())
        .isEqualTo(
            """
            [{"start":"%s","end":"%s","sessions":1},\
            {"start":"%s","end":"%s","sessions":3},\
            {"start":"%s","end":"%s","sessions":2}]\
            """
                .formatted(
                    hour,
                    hour.plusSeconds(30),
                    hour.plusSeconds(30),
                    hour.plusSeconds(60),
                    hour.plusSeconds(60),
                    hour.plusSeconds(80)));
    assertThat(house.get("/v1/calendar?model=nobody").status()).isEqualTo(404);
    assertThat(house.get("/v1/calendar?from=noon").errorCode()).isEqualTo("invalid_value");
    assertThat(house.get("/v1/calendar?from=" + hour + "&until=" + hour).errorCode())
        .isEqualTo("invalid_value");
  }

  @Test
  void timesOfAZoneAreReal() throws Exception {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    String local = hour.atZone(berlin).toLocalDateTime() + ":00[Europe/Berlin]";

    JsonNode held =
        house
            .post(
                PATH,
                "{\"start\":\"%s\",\"end\":\"%s\",\"sessions\":1}"
                    .formatted(local, hour.plusSeconds(60).atZone(berlin).toOffsetDateTime()))
            .json();

    assertThat(held.get("start").asText()).isEqualTo(hour.toString());
    assertThat(held.get("end").asText()).isEqualTo(hour.plusSeconds(60).toString());
  }

  // --- bad input -------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "0, 600, 0, sessions",
    "0, 600, -1, sessions",
    "0, 600, 5, sessions",
    "0, 600, 2147483647, sessions",
    "0, 0, 1, end",
    "0, -600, 1, end",
    "-14400, -10800, 1, start",
    "-86400, 600, 1, start",
    "0, 31536000, 1, end",
    "31536000, 31536600, 1, start",
  })
  void whatCannotBeNamesTheFieldAndSellsNothing(long start, long end, int sessions, String field)
      throws Exception {
    Reply refused =
        house.post(PATH, body(hour.plusSeconds(start), hour.plusSeconds(end), sessions));

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.errorCode()).isEqualTo("invalid_value");
    assertThat(refused.json().at("/error/param").asText()).isEqualTo(field);
    assertThat(refused.json().at("/error/message").asText()).startsWith(field + ": ");
    assertNothingReserved();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | 400 | missing_required_parameter",
        "[] | 400 | invalid_type",
        "{\"start\":\"2026-11-21T10:00:00\"} | 400 | invalid_value",
        "{\"start\":12345} | 400 | invalid_type",
        "{\"begin\":\"2026-11-21T10:00:00Z\"} | 400 | unknown_parameter",
      })
  void aBodyThatIsNoReservationIsRefused(String body, int status, String code) throws Exception {
    Reply refused = house.post(PATH, body);

    assertThat(refused.status()).isEqualTo(status);
    assertThat(refused.errorCode()).isEqualTo(code);
    assertNothingReserved();
  }

  @Test
  void anUnknownModelAndAMalformedIdAreRefused() throws Exception {
    String body = body(hour, hour.plusSeconds(60), 1);

    Reply model = house.post(PATH, body.replace("{", "{\"model\":\"nobody\","));
    assertThat(model.status()).isEqualTo(404);
    assertThat(model.errorCode()).isEqualTo("model_not_found");
    Reply id = house.post(PATH, body.replace("{", "{\"id\":\"a/b\","));
    assertThat(id.status()).isEqualTo(400);
    assertThat(id.json().at("/error/param").asText()).isEqualTo("id");
    assertNothingReserved();
  }

  @Test
  void anIdThatNamesAnotherReservationIsRefused() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(60), 1, "mine"));

    Reply other = house.post(PATH, body(hour, hour.plusSeconds(60), 2, "mine"));

    assertThat(other.status()).isEqualTo(409);
    assertThat(other.errorCode()).isEqualTo("reservation_id_taken");
    assertThat(house.get(PATH).json().get("total").asInt()).isOne();
  }

  @Test
  void nobodyHasMoreReservationsThanMayBe() throws Exception {
    house.close();
    house =
        TestHouse.plan()
            .reservations(
                new ReservationRules(
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(5),
                    Duration.ofDays(1),
                    Duration.ofDays(30),
                    2,
                    10,
                    10,
                    0))
            .start();
    house.post(PATH, body(hour, hour.plusSeconds(60), 1));
    house.post(PATH, body(hour, hour.plusSeconds(60), 1));

    Reply third = house.post(PATH, body(hour, hour.plusSeconds(60), 1));

    assertThat(third.status()).isEqualTo(429);
    assertThat(third.errorCode()).isEqualTo("reservation_limit_reached");
    assertThat(third.header("Retry-After")).isNotEmpty();
  }

  @Test
  void aStoreThatFailsSellsNothing() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(60), 1, "mine"));
    house.reservationStore.failNextCommit();

    Reply failed = house.post(PATH + "/mine/confirm", "");

    assertThat(failed.status()).isEqualTo(503);
    assertThat(failed.errorCode()).isEqualTo("storage_unavailable");
    assertThat(status(house.get(PATH + "/mine"))).isEqualTo("held");
    assertThat(status(house.post(PATH + "/mine/confirm", ""))).isEqualTo("confirmed");
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    for (Reply reply :
        new Reply[] {
          house.get(PATH + "/nobody"),
          house.delete(PATH + "/nobody"),
          house.post(PATH + "/nobody/confirm", ""),
          house.get(PATH + "/%00"),
        }) {
      assertThat(reply.status()).isEqualTo(404);
      assertThat(reply.errorCode()).isEqualTo("reservation_not_found");
    }
  }

  // --- use -------------------------------------------------------------------------------------

  @Test
  void aReservationIsUsedWithinItsTimeAndByNoOtherName() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(600), 1, "later"));
    assertThat(chat("X-Reservation", "later").errorCode()).isEqualTo("reservation_not_confirmed");
    house.post(PATH + "/later/confirm", "");

    Reply early = chat("X-Reservation", "later");
    assertThat(early.status()).isEqualTo(409);
    assertThat(early.errorCode()).isEqualTo("reservation_not_started");
    assertThat(chat("X-Reservation", "nobody").status()).isEqualTo(404);
    Reply malformed = chat("X-Reservation", "a b");
    assertThat(malformed.status()).isEqualTo(400);
    assertThat(malformed.json().at("/error/param").asText()).isEqualTo("X-Reservation");
  }

  @Test
  void tenantsDoNotMeet() throws Exception {
    house.close();
    house = TestHouse.plan().keys(key("a", "key-of-a"), key("b", "key-of-b")).start();
    String[] a = {"Authorization", "Bearer key-of-a"};
    String[] b = {"Authorization", "Bearer key-of-b"};
    Instant now = Instant.now();
    house.post(PATH, body(now, now.plusSeconds(60), 1, "mine"), a);
    house.post(PATH + "/mine/confirm", "", a);

    assertThat(house.get(PATH + "/mine", b).status()).isEqualTo(404);
    assertThat(house.delete(PATH + "/mine", b).status()).isEqualTo(404);
    assertThat(house.post(PATH + "/mine/confirm", "", b).status()).isEqualTo(404);
    assertThat(house.get(PATH, b).json().get("total").asInt()).isZero();
    assertThat(chat("Authorization", "Bearer key-of-b", "X-Reservation", "mine").status())
        .isEqualTo(404);
    assertThat(house.post(PATH, body(now, now.plusSeconds(600), 2, "mine"), b).status())
        .as("the same id of another tenant is another reservation")
        .isEqualTo(201);
    assertThat(chat("Authorization", "Bearer key-of-a", "X-Reservation", "mine").status())
        .isEqualTo(200);
  }

  @Test
  void aListComesInPages() throws Exception {
    for (int index = 0; index < 3; index++) {
      Instant start = hour.plusSeconds(60L * index);
      house.post(PATH, body(start, start.plusSeconds(60), 1, "r" + index));
    }

    JsonNode first = house.get(PATH + "?limit=2").json();
    assertThat(first.get("data")).hasSize(2);
    assertThat(first.get("has_more").asBoolean()).isTrue();
    JsonNode second = house.get(PATH + "?limit=2&after=" + first.get("next").asText()).json();
    assertThat(second.get("data")).hasSize(1);
    assertThat(second.at("/data/0/reservation_id").asText()).isEqualTo("r2");
    assertThat(second.get("has_more").asBoolean()).isFalse();
  }

  @Test
  void reservationsAreAmongTheMetrics() throws Exception {
    house.post(PATH, body(hour, hour.plusSeconds(60), 2));

    String metrics = house.get("/metrics").text();

    assertThat(metrics)
        .contains("hourglass_reservations_live{model=\"" + MODEL + "\"} 1.0")
        .contains("hourglass_reservations_capacity{model=\"" + MODEL + "\"} " + RESERVABLE + ".0")
        .contains("hourglass_reservations_deficits{model=\"" + MODEL + "\"} 0.0")
        .contains("hourglass_reservations_moved_total{model=\"" + MODEL + "\",to=\"held\"} 1.0");
  }

  private void assertNothingReserved() throws IOException, InterruptedException {
    assertThat(house.get(PATH).json().get("total").asInt()).isZero();
    assertThat(house.reservationStore.pools()).isEmpty();
  }

  private Reply chat(String... headers) throws IOException, InterruptedException {
    return house.post("/v1/chat/completions", user("Hello"), headers);
  }

  private static String status(Reply reply) {
    return reply.json().get("status").asText();
  }

  private static String body(Instant start, Instant end, int sessions) {
    return "{\"start\":\"%s\",\"end\":\"%s\",\"sessions\":%d}".formatted(start, end, sessions);
  }

  private static String body(Instant start, Instant end, int sessions, String id) {
    return body(start, end, sessions).replace("}", ",\"id\":\"" + id + "\"}");
  }

  private static ApiKeys.Key key(String tenant, String key) throws Exception {
    return new ApiKeys.Key(
        new TenantId(tenant),
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8))));
  }
}
