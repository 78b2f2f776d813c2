package dev.hourglass.server;

import dev.hourglass.core.reservation.BucketSpan;
import dev.hourglass.core.reservation.PoolCalendar;
import dev.hourglass.core.reservation.ReservationId;
import dev.hourglass.core.reservation.ReservationKey;
import dev.hourglass.core.reservation.ReservationOutcome;
import dev.hourglass.core.reservation.Reservations;
import dev.hourglass.core.reservation.Reservations.NewReservation;
import dev.hourglass.core.reservation.Reservations.Standing;
import dev.hourglass.protocol.request.CreateReservationRequest;
import dev.hourglass.protocol.request.InvalidRequest;
import dev.hourglass.protocol.request.RequestParser;
import dev.hourglass.protocol.request.ZonedMoment;
import dev.hourglass.protocol.response.CalendarDescription;
import dev.hourglass.protocol.response.NoRoomBody;
import dev.hourglass.protocol.response.ReservationDescription;
import dev.hourglass.server.BlockingWork.Reply;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reservations over HTTP: hold, confirm, look, release, and the calendar of a pool. */
final class ReservationEndpoints {
  private static final Duration CALENDAR = Duration.ofDays(1);
  private static final Duration LONGEST_CALENDAR = Duration.ofDays(366);

  private final Reservations reservations;
  private final RequestParser parser;
  private final BlockingWork blocking;

  ReservationEndpoints(Reservations reservations, RequestParser parser, BlockingWork blocking) {
    this.reservations = reservations;
    this.parser = parser;
    this.blocking = blocking;
  }

  /** {@code POST /v1/reservations}. */
  void hold(Exchange exchange) {
    exchange.readBody(body -> {
      NewReservation wanted;
      try {
        wanted = wanted(parser.createReservation(body));
      } catch (InvalidRequest refusal) {
        exchange.fail(HttpFailure.of(refusal));
        return;
      }
      blocking.answer(exchange, () -> reply(201, reservations.hold(exchange.tenant(), wanted)));
    });
  }

  private static NewReservation wanted(CreateReservationRequest request) throws InvalidRequest {
    return new NewReservation(
        request.model(),
        request.start(),
        request.end(),
        request.sessions(),
        request.id() == null
            ? null
            : ReservationId.parse(request.id())
                .orElseThrow(() ->
                    new InvalidRequest(
                        "id: other characters (expected: " + ReservationId.EXPECTATION + ")",
                        "id",
                        InvalidRequest.Code.INVALID_VALUE)));
  }

  /** {@code POST /v1/reservations/{reservation_id}/confirm}. */
  void confirm(Exchange exchange) {
    exchange.readBody(body -> {
      OptionalLong fence;
      try {
        fence = parser.confirmReservation(body);
      } catch (InvalidRequest refusal) {
        exchange.fail(HttpFailure.of(refusal));
        return;
      }
      Long told = fence.isPresent() ? Long.valueOf(fence.getAsLong()) : null;
      withReservation(exchange, key -> reply(200, reservations.confirm(key, told)));
    });
  }

  /** {@code DELETE /v1/reservations/{reservation_id}}. */
  void release(Exchange exchange) {
    withReservation(exchange, key -> reply(200, reservations.release(key, null)));
  }

  /** {@code GET /v1/reservations/{reservation_id}}. */
  void find(Exchange exchange) {
    withReservation(
        exchange,
        key ->
            reservations
                .find(key)
                .map(standing -> Reply.json(200, CoreTerms.description(standing).toJson()))
                .orElseGet(() -> Reply.failure(notFound(key.id().value()))));
  }

  /** {@code GET /v1/reservations}. */
  void list(Exchange exchange) {
    blocking.answer(
        exchange,
        () -> {
          List<Standing> all = reservations.list(exchange.tenant());
          Page<Standing> page =
              Page.of(exchange, all, standing -> standing.reservation().key().id().value());
          return Reply.json(
              200,
              ReservationDescription.listToJson(
                  page.items().stream().map(CoreTerms::description).toList(),
                  page.next(),
                  all.size(),
                  reservations.now()));
        });
  }

  /** {@code GET /v1/calendar}. */
  void calendar(Exchange exchange) {
    blocking.answer(
        exchange,
        () -> {
          String model = exchange.query("model");
          Optional<PoolCalendar> calendar = reservations.calendar(model);
          if (calendar.isEmpty()) {
            return Reply.failure(
                HttpFailure.of(
                    404, "model_not_found", "model: unknown (expected: one of /v1/models)"));
          }
          Instant now = reservations.now();
          Instant from = moment(exchange, "from", now);
          Instant until = moment(exchange, "until", from.plus(CALENDAR));
          Duration length = Duration.between(from, until);
          if (!length.isPositive() || length.compareTo(LONGEST_CALENDAR) > 0) {
            throw new InvalidRequest(
                "until: %s (expected: after %s, by %d days at most)"
                    .formatted(until, from, LONGEST_CALENDAR.toDays()),
                "until",
                InvalidRequest.Code.INVALID_VALUE);
          }
          return Reply.json(200, describe(calendar.get(), now, BucketSpan.covering(from, until)));
        });
  }

  private static byte[] describe(PoolCalendar calendar, Instant now, BucketSpan window) {
    return new CalendarDescription(
            calendar.pool(),
            calendar.capacity(),
            BucketSpan.BUCKET.toSeconds(),
            now,
            window.start(),
            window.end(),
            calendar.stretches(window).stream()
                .map(stretch ->
                    new CalendarDescription.Stretch(
                        stretch.start(), stretch.end(), stretch.reserved()))
                .toList())
        .toJson();
  }

  private static Instant moment(Exchange exchange, String name, Instant otherwise)
      throws InvalidRequest {
    String text = exchange.query(name);
    if (text == null) {
      return otherwise;
    }
    try {
      return ZonedMoment.parse(text);
    } catch (DateTimeException fault) {
      throw new InvalidRequest(
          name + ": " + fault.getMessage() + " (expected: " + ZonedMoment.EXPECTATION + ")",
          name,
          InvalidRequest.Code.INVALID_VALUE);
    }
  }

  // --- what they have in common ----------------------------------------------------------------

  private interface ReservationWork {
    Reply run(ReservationKey key) throws Exception;
  }

  private void withReservation(Exchange exchange, ReservationWork work) {
    Optional<ReservationId> id = ReservationId.parse(exchange.parameter());
    if (id.isEmpty()) {
      exchange.fail(notFound("no such id"));
      return;
    }
    ReservationKey key = new ReservationKey(exchange.tenant(), id.get());
    blocking.answer(exchange, () -> work.run(key));
  }

  private static HttpFailure notFound(String id) {
    return HttpFailure.of(404, "reservation_not_found", "reservation: " + id + " is not here");
  }

  private Reply reply(int status, ReservationOutcome outcome) {
    return switch (outcome) {
      case ReservationOutcome.Done(var reservation, var _) ->
          answered -> {
            String id = reservation.key().id().value();
            if (status == 201) {
              answered.setHeader("Location", "/v1/reservations/" + id);
            }
            answered.sendJson(
                status, CoreTerms.description(reservations.standing(reservation)).toJson());
          };
      case ReservationOutcome.NoRoom(var earliestStart) ->
          Reply.json(409, noRoom(earliestStart).toJson());
      case ReservationOutcome.Refused refused -> Reply.failure(HttpFailure.of(refused));
      case ReservationOutcome.CapacityIs _, ReservationOutcome.Settled _ ->
          throw new IllegalStateException("no client asks for " + outcome);
    };
  }

  private static NoRoomBody noRoom(@Nullable Instant earliestStart) {
    return new NoRoomBody(
        earliestStart == null
            ? "start: the pool is reserved by others (expected: fewer sessions or a shorter window)"
            : "start: the pool is reserved by others (expected: " + earliestStart + ")",
        earliestStart);
  }
}
