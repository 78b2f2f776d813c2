package dev.hourglass.core;

import dev.hourglass.core.admission.Rejection;
import dev.hourglass.core.admission.Rejection.TicketFault;
import dev.hourglass.core.engine.UpstreamAnswer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A clear no, with the reason for the client.
 *
 * @param message names the value and the expectation; holds no message text
 * @param param the request field at fault; {@code null} where none is
 * @param retryAfter when another try makes sense; {@code null} where it never does
 * @param ticket keeps the turn's place in line until then; {@code null} where none is kept
 * @param upstream what a remote engine's server said, which says more than we can; {@code null}
 *     where none said anything
 */
public record Refusal(
    Kind kind,
    String message,
    @Nullable String param,
    @Nullable Duration retryAfter,
    @Nullable String ticket,
    @Nullable UpstreamAnswer upstream) {

  /** What kind of no it is, and so which status a client sees. */
  public enum Kind {
    /** The session token opens nothing: unknown, expired, destroyed, or of another tenant. */
    INVALID_SESSION_TOKEN,
    /** No such session for this tenant. */
    SESSION_NOT_FOUND,
    /** No engine serves that model. */
    MODEL_NOT_FOUND,
    /** A field has a value that cannot be honoured. */
    INVALID_PARAMETER,
    /** The prompt does not fit the model's context. */
    CONTEXT_EXCEEDED,
    /** Too many turns wait for the session. */
    SESSION_BUSY,
    /** As many sessions live as may live. */
    SESSION_LIMIT,
    /** Too many are before it; its place is kept. */
    COME_BACK,
    /** The admission ticket stands for no place. */
    INVALID_TICKET,
    /** Too much is going on. */
    OVERLOADED,
    /** The gateway is shutting down. */
    STOPPING,
    /** The session ended while the turn waited or ran. */
    SESSION_ENDED,
    /** The store failed; the turn is not acknowledged. */
    STORE_FAILED,
    /** No server of a remote engine could be reached. */
    UNREACHABLE,
    /** The engine failed. */
    ENGINE_FAILED
  }

  public static Refusal of(Kind kind, String message) {
    return new Refusal(kind, message, null, null, null, null);
  }

  static Refusal ofParam(Kind kind, String param, String message) {
    return new Refusal(kind, message, param, null, null, null);
  }

  static Refusal later(Kind kind, String message, Duration retryAfter) {
    return new Refusal(kind, message, null, retryAfter, null, null);
  }

  /** What a client is told whom admission refused. */
  static Refusal of(Rejection rejection) {
    return switch (rejection) {
      case Rejection.ComeBack(Duration after, String ticket) ->
          new Refusal(
              Kind.COME_BACK,
              "all slots are in use; your place is kept: come back in " + after.toSeconds() + " s",
              null,
              after,
              ticket,
              null);
      case Rejection.TooFarOff(Duration after) ->
          later(
              Kind.OVERLOADED,
              "the line is as long as it may be: try again in " + after.toSeconds() + " s",
              after);
      case Rejection.BadTicket(TicketFault fault) ->
          ofParam(
              Kind.INVALID_TICKET,
              "X-Admission-Ticket",
              "X-Admission-Ticket: "
                  + switch (fault) {
                    case UNKNOWN -> "not one of yours";
                    case EXPIRED -> "its time is over";
                    case USED -> "used before";
                  }
                  + " (expected: a ticket given to you, once and in time; without one you get a new"
                  + " place)");
    };
  }

  Refusal quoting(@Nullable UpstreamAnswer said) {
    return new Refusal(kind, message, param, retryAfter, ticket, said);
  }
}
