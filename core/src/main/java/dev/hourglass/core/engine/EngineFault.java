package dev.hourglass.core.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why an engine could not generate.
 *
 * @param message for the client: names the value and the expectation, holds no prompt text
 * @param upstream what a remote engine's server said; {@code null} where none said anything
 * @param retryAfter when another try makes sense; {@code null} where nobody can say
 */
public record EngineFault(
    Kind kind, String message, @Nullable UpstreamAnswer upstream, @Nullable Duration retryAfter) {
  /** A fault that a remote server spoke of, or kept silent about. */
  public EngineFault(Kind kind, String message, @Nullable UpstreamAnswer upstream) {
    this(kind, message, upstream, upstream == null ? null : upstream.retryAfter());
  }

  /** A fault that no remote server spoke of. */
  public EngineFault(Kind kind, String message) {
    this(kind, message, null);
  }

  /** What kind of trouble it is, and so whose. */
  public enum Kind {
    /** The prompt does not fit the context: the request is at fault. */
    PROMPT_TOO_LONG,
    /** A parameter this engine cannot honour, such as a grammar that does not parse. */
    INVALID_PARAMETER,
    /** A remote server refused the request as such, with a status below 500 but 429. */
    REJECTED,
    /** The engine has too much to do; worth another try later. */
    OVERLOADED,
    /** No KV space could be made, although everything idle was released. */
    KV_EXHAUSTED,
    /** The engine is closing. */
    STOPPED,
    /** A remote server could not be reached; it has seen nothing of the request. */
    UNREACHABLE,
    /** A remote server took the request and did not go on in time. */
    STALLED,
    /** A remote server took the request, and then failed or broke off. */
    BROKEN_OFF,
    /** A defect or a native failure. */
    INTERNAL
  }
}
