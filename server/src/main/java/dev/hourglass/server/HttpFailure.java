package dev.hourglass.server;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.engine.UpstreamAnswer;
import dev.hourglass.core.reservation.ReservationOutcome;
import dev.hourglass.protocol.request.InvalidRequest;
import dev.hourglass.protocol.response.ErrorBody;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer that says no: a status, an error in the OpenAI envelope, and headers that go with it.
 *
 * @param verbatim the JSON of a remote engine's server that says the same in its own words; {@code
 *     null} for none
 */
record HttpFailure(
    int status, ErrorBody body, Map<String, String> headers, @Nullable String verbatim) {
  private static final String INVALID_REQUEST = "invalid_request_error";
  private static final String RATE_LIMIT = "rate_limit_error";
  private static final String SERVER = "server_error";
  private static final Duration SOON = Duration.ofSeconds(1);

  HttpFailure(int status, ErrorBody body, Map<String, String> headers) {
    this(status, body, headers, null);
  }

  byte[] json() {
    return verbatim == null ? body.toJson() : verbatim.getBytes(StandardCharsets.UTF_8);
  }

  private static final Duration SOME_TIME = Duration.ofSeconds(30);

  static HttpFailure badRequest(String message, @Nullable String param, String code) {
    return new HttpFailure(400, new ErrorBody(message, INVALID_REQUEST, param, code), Map.of());
  }

  static HttpFailure of(InvalidRequest refusal) {
    return badRequest(refusal.getMessage(), refusal.param(), refusal.code().wireName());
  }

  static HttpFailure of(int status, String code, String message) {
    String type = status >= 500 ? SERVER : INVALID_REQUEST;
    return new HttpFailure(status, new ErrorBody(message, type, null, code), Map.of());
  }

  static HttpFailure invalidApiKey(String message) {
    return new HttpFailure(
        401,
        new ErrorBody(message, INVALID_REQUEST, null, "invalid_api_key"),
        Map.of("WWW-Authenticate", "Bearer realm=\"hourglass\""));
  }

  static HttpFailure methodNotAllowed(String method, String allowed) {
    return new HttpFailure(
        405,
        new ErrorBody(
            "method: " + method + " (expected: " + allowed + ")",
            INVALID_REQUEST,
            null,
            "method_not_allowed"),
        Map.of("Allow", allowed));
  }

  static HttpFailure notReady() {
    return new HttpFailure(
        503,
        new ErrorBody("the model is still being loaded", SERVER, null, "model_loading"),
        retryAfter(SOON));
  }

  /** Trying again is of no use: the engine comes back with a restart. */
  static HttpFailure engineDown(String model) {
    return of(
        503,
        "engine_down",
        "the engine of " + model + " is down after a defect (expected: a restart of the gateway)");
  }

  static HttpFailure defect(String requestId) {
    return of(500, "internal_error", "an unexpected fault; the log has request " + requestId);
  }

  static HttpFailure overloaded(String message) {
    return new HttpFailure(
        503, new ErrorBody(message, SERVER, null, "overloaded"), retryAfter(SOON));
  }

  /** A refusal; where a remote engine's server refused, its status and its words. */
  static HttpFailure of(Refusal refusal, boolean byToken) {
    HttpFailure ours = ours(refusal, byToken);
    UpstreamAnswer upstream = refusal.upstream();
    return upstream == null
        ? ours
        : new HttpFailure(
            upstream.status(),
            ours.body(),
            ours.headers(),
            upstream.json() ? upstream.body() : null);
  }

  private static HttpFailure ours(Refusal refusal, boolean byToken) {
    return switch (refusal.kind()) {
      case INVALID_SESSION_TOKEN -> of(401, "invalid_session_token", INVALID_REQUEST, refusal);
      // To the holder of a token, a session that ended is one whose token opens nothing.
      case SESSION_ENDED ->
          byToken
              ? of(401, "invalid_session_token", INVALID_REQUEST, refusal)
              : of(409, "session_ended", INVALID_REQUEST, refusal);
      case SESSION_NOT_FOUND -> of(404, "session_not_found", INVALID_REQUEST, refusal);
      case MODEL_NOT_FOUND -> of(404, "model_not_found", INVALID_REQUEST, refusal);
      case INVALID_PARAMETER -> of(400, "invalid_value", INVALID_REQUEST, refusal);
      case CONTEXT_EXCEEDED -> of(400, "context_length_exceeded", INVALID_REQUEST, refusal);
      case SESSION_BUSY -> later(429, "session_busy", RATE_LIMIT, refusal);
      case SESSION_LIMIT -> later(429, "session_limit_reached", RATE_LIMIT, refusal);
      case COME_BACK -> later(429, "capacity_exceeded", RATE_LIMIT, refusal);
      case INVALID_TICKET -> of(400, "invalid_admission_ticket", INVALID_REQUEST, refusal);
      case OVERLOADED -> later(503, "overloaded", SERVER, refusal);
      case STOPPING -> later(503, "shutting_down", SERVER, refusal);
      case STORE_FAILED -> later(503, "storage_unavailable", SERVER, refusal);
      case UNREACHABLE -> later(502, "engine_unreachable", SERVER, refusal);
      case ENGINE_FAILED -> of(500, "engine_error", SERVER, refusal);
    };
  }

  /** Why a reservation cannot be; what does not fit has a body of its own. */
  static HttpFailure of(ReservationOutcome.Refused refusal) {
    return switch (refusal.reason()) {
      case INVALID -> badRequest(refusal.message(), refusal.field(), "invalid_value");
      case MODEL_NOT_FOUND -> refused(404, "model_not_found", refusal);
      case NOT_FOUND -> refused(404, "reservation_not_found", refusal);
      case ID_TAKEN -> refused(409, "reservation_id_taken", refusal);
      case STALE_FENCE -> refused(409, "stale_fence", refusal);
      case NOT_CONFIRMED -> refused(409, "reservation_not_confirmed", refusal);
      case NOT_STARTED -> refused(409, "reservation_not_started", refusal);
      case EXPIRED -> refused(410, "reservation_expired", refusal);
      case OVER -> refused(410, "reservation_over", refusal);
      case TOO_MANY ->
          new HttpFailure(
              429,
              new ErrorBody(refusal.message(), RATE_LIMIT, null, "reservation_limit_reached"),
              retryAfter(SOME_TIME));
      case STORE_FAILED ->
          new HttpFailure(
              503,
              new ErrorBody(refusal.message(), SERVER, null, "storage_unavailable"),
              retryAfter(SOON));
    };
  }

  private static HttpFailure refused(int status, String code, ReservationOutcome.Refused refusal) {
    return new HttpFailure(
        status, new ErrorBody(refusal.message(), INVALID_REQUEST, refusal.field(), code), Map.of());
  }

  private static HttpFailure of(int status, String code, String type, Refusal refusal) {
    return new HttpFailure(
        status, new ErrorBody(refusal.message(), type, refusal.param(), code), Map.of());
  }

  private static HttpFailure later(int status, String code, String type, Refusal refusal) {
    Duration wait = refusal.retryAfter() == null ? SOON : refusal.retryAfter();
    Map<String, String> headers = new HashMap<>(retryAfter(wait));
    if (refusal.ticket() != null) {
      headers.put("X-Admission-Ticket", refusal.ticket());
    }
    return new HttpFailure(
        status, new ErrorBody(refusal.message(), type, refusal.param(), code), headers);
  }

  /**
   * The same time in the two forms that clients know: whole seconds, rounded up, since a client
   * that comes too early waits twice, and milliseconds.
   */
  private static Map<String, String> retryAfter(Duration wait) {
    long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
    return Map.of(
        "Retry-After",
        Long.toString(seconds),
        "retry-after-ms",
        Long.toString(Duration.ofSeconds(seconds).toMillis()));
  }
}
