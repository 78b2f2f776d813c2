package dev.hourglass.protocol.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReservationRequestTest {
  private final RequestParser parser = new RequestParser(RequestLimits.DEFAULTS);

  @Test
  void readsEveryField() throws InvalidRequest {
    assertThat(
            create(
                """
                {"model":"m","start":"2026-11-21T10:00:00+01:00","end":"2026-11-21T10:00:00Z",
                 "sessions":-3,"id":"mine"}
                """))
        .isEqualTo(
            new CreateReservationRequest(
                "m",
                Instant.parse("2026-11-21T09:00:00Z"),
                Instant.parse("2026-11-21T10:00:00Z"),
                -3,
                "mine"));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-29T01:30:00Z, 2026-03-29T01:30:00Z",
    "2026-03-29T01:30Z, 2026-03-29T01:30:00Z",
    "2026-03-29t01:30:00.5z, 2026-03-29T01:30:00.5Z",
    "2026-03-29T01:30:00-09:30, 2026-03-29T11:00:00Z",
    "2026-03-29T01:30:00+01:00[Europe/Berlin], 2026-03-29T00:30:00Z",
    "2026-03-29T01:30:00[Europe/Berlin], 2026-03-29T00:30:00Z",
    "2026-03-29T03:00:00[Europe/Berlin], 2026-03-29T01:00:00Z",
    "2026-10-25T02:30:00+02:00[Europe/Berlin], 2026-10-25T00:30:00Z",
    "2026-10-25T02:30:00+01:00[Europe/Berlin], 2026-10-25T01:30:00Z",
    "2026-10-25T03:00:00[Europe/Berlin], 2026-10-25T02:00:00Z",
  })
  void understandsOffsetsAndZones(String text, Instant moment) {
    assertThat(ZonedMoment.parse(text)).isEqualTo(moment);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2026-11-21T10:00:00 | without an offset",
        "2026-11-21 | not a time",
        "tomorrow | not a time",
        "2026-02-30T10:00:00Z | not a time",
        "2026-11-21T25:00:00Z | not a time",
        "2026-11-21T10:00:00[Mars/Base] | not a time",
        "2026-03-29T02:30:00[Europe/Berlin] | a time that Europe/Berlin skips",
        "2026-10-25T02:30:00[Europe/Berlin] | a time that Europe/Berlin has twice, at +02:00 and"
            + " +01:00",
        "2026-07-01T10:00:00+01:00[Europe/Berlin] | not the offset of Europe/Berlin at that time",
      })
  void refusesWhatIsNoMoment(String text, String reason) {
    assertThatThrownBy(() -> create(body(text)))
        .isInstanceOf(InvalidRequest.class)
        .hasMessage("start: " + reason + " (expected: " + ZonedMoment.EXPECTATION + ")");
  }

  @Test
  void refusesATimeOfEndlessLength() {
    assertThatThrownBy(() -> create(body("2026-11-21T10:00:00." + "1".repeat(500) + "Z")))
        .hasMessageContaining("start: 521 characters");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | start",
        "{\"start\":\"2026-11-21T10:00:00Z\"} | end",
        "{\"start\":\"2026-11-21T10:00:00Z\",\"end\":\"2026-11-21T11:00:00Z\"} | sessions",
      })
  void namesWhatIsMissing(String body, String field) {
    assertThatThrownBy(() -> create(body)).hasMessageStartingWith(field + ": missing (expected: ");
  }

  @ParameterizedTest
  @CsvSource({"1.5, a decimal number", "'\"2\"', a text", "true, true", "99999999999, 99999999999"})
  void refusesSessionsThatAreNoWholeNumber(String sessions, String found) {
    assertThatThrownBy(
            () -> create(body("2026-11-21T10:00:00Z").replace(":1}", ":" + sessions + "}")))
        .hasMessageStartingWith("sessions: " + found + " (expected: a whole number from ");
  }

  @Test
  void refusesFieldsThatItDoesNotKnow() {
    assertThatThrownBy(() -> create("{\"until\":\"2026-11-21T10:00:00Z\"}"))
        .isInstanceOf(InvalidRequest.class)
        .extracting(refusal -> ((InvalidRequest) refusal).code())
        .isEqualTo(InvalidRequest.Code.UNKNOWN_PARAMETER);
  }

  @Test
  void readsAFenceOrNone() throws InvalidRequest {
    assertThat(parser.confirmReservation(new byte[0])).isEqualTo(OptionalLong.empty());
    assertThat(parser.confirmReservation(bytes("{}"))).isEqualTo(OptionalLong.empty());
    assertThat(parser.confirmReservation(bytes("{\"fence\":17}"))).isEqualTo(OptionalLong.of(17));
    assertThatThrownBy(() -> parser.confirmReservation(bytes("{\"fence\":0}")))
        .hasMessageStartingWith("fence: 0 (expected: ");
  }

  private CreateReservationRequest create(String body) throws InvalidRequest {
    return parser.createReservation(bytes(body));
  }

  private static String body(String start) {
    return "{\"start\":\"%s\",\"end\":\"2026-11-21T11:00:00Z\",\"sessions\":1}".formatted(start);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
