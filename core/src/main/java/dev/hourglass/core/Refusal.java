package dev.hourglass.core;

import dev.hourglass.core.engine.UpstreamAnswer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A clear no, with the reason for the client.
 *
 * @param message names the value and the expectation; holds no message text
 * @param param the request field at fault; {@code null} where none is
 * @param retryAfter when another try makes sense; {@code null} where it never does
 * @param upstream what a remote engine's server said, which says more than we can; {@code null}
 *     where none said anything
 */
public record Refusal(
    Kind kind,
    String message,
    @Nullable String param,
    @Nullable Duration retryAfter,
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
    return new Refusal(kind, message, null, null, null);
  }

  static Refusal ofParam(Kind kind, String param, String message) {
    return new Refusal(kind, message, param, null, null);
  }

  static Refusal later(Kind kind, String message, Duration retryAfter) {
    return new Refusal(kind, message, null, retryAfter, null);
  }

  Refusal quoting(@Nullable UpstreamAnswer said) {
    return new Refusal(kind, message, param, retryAfter, said);
  }
}
