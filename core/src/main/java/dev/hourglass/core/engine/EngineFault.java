package dev.hourglass.core.engine;

/**
 * Why an engine could not generate.
 *
 * @param message for the client: names the value and the expectation, holds no prompt text
 */
public record EngineFault(Kind kind, String message) {
  /** What kind of trouble it is, and so whose. */
  public enum Kind {
    /** The prompt does not fit the context: the request is at fault. */
    PROMPT_TOO_LONG,
    /** A parameter this engine cannot honour, such as a grammar that does not parse. */
    INVALID_PARAMETER,
    /** The engine's own queue is full; worth another try later. */
    OVERLOADED,
    /** No KV space could be made, although everything idle was released. */
    KV_EXHAUSTED,
    /** The engine is closing. */
    STOPPED,
    /** A defect or a native failure. */
    INTERNAL
  }
}
