package dev.hourglass.protocol.request;

import dev.hourglass.protocol.request.InvalidRequest.Code;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The fields of requests about reservations. */
final class ReservationFields {
  private static final int ID_CHARACTERS = 64;

  private ReservationFields() {}

  static CreateReservationRequest read(StrictReader reader) throws IOException, InvalidRequest {
    @Nullable String model = null;
    @Nullable Instant start = null;
    @Nullable Instant end = null;
    @Nullable Integer sessions = null;
    @Nullable String id = null;
    while (reader.nextField()) {
      String name = reader.fieldName();
      switch (name) {
        case "model" ->
            model = reader.isNull() ? null : reader.text(GenerationFields.MODEL_CHARACTERS);
        case "start" -> start = reader.isNull() ? null : moment(reader);
        case "end" -> end = reader.isNull() ? null : moment(reader);
        case "sessions" ->
            sessions =
                reader.isNull()
                    ? null
                    : Integer.valueOf(reader.integer(Integer.MIN_VALUE, Integer.MAX_VALUE));
        case "id" -> id = reader.isNull() ? null : reader.text(ID_CHARACTERS);
        default -> throw GenerationFields.unknown(name, reader);
      }
    }
    if (start == null) {
      throw RequestParser.missing(reader, "start", ZonedMoment.EXPECTATION);
    }
    if (end == null) {
      throw RequestParser.missing(reader, "end", ZonedMoment.EXPECTATION);
    }
    if (sessions == null) {
      throw RequestParser.missing(reader, "sessions", "a whole number, at least 1");
    }
    return new CreateReservationRequest(model, start, end, sessions, id);
  }

  private static Instant moment(StrictReader reader) throws IOException, InvalidRequest {
    try {
      return ZonedMoment.parse(reader.text(ZonedMoment.EXPECTATION));
    } catch (DateTimeException fault) {
      throw new InvalidRequest(
          reader.where()
              + ": "
              + fault.getMessage()
              + " (expected: "
              + ZonedMoment.EXPECTATION
              + ")",
          reader.where(),
          Code.INVALID_VALUE);
    }
  }

  static OptionalLong readFence(StrictReader reader) throws IOException, InvalidRequest {
    OptionalLong fence = OptionalLong.empty();
    while (reader.nextField()) {
      String name = reader.fieldName();
      if (!name.equals("fence")) {
        throw GenerationFields.unknown(name, reader);
      }
      fence =
          reader.isNull()
              ? OptionalLong.empty()
              : OptionalLong.of(reader.wholeNumber(1, Long.MAX_VALUE));
    }
    return fence;
  }
}
