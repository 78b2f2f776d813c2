package dev.hourglass.core.engine;

/** What became of a release or a restore. */
public sealed interface KvOutcome {
  /**
   * It was done.
   *
   * @param kvTokens KV tokens freed or put back
   */
  record Applied(int kvTokens) implements KvOutcome {}

  /** This engine cannot do it. */
  record Unsupported() implements KvOutcome {}

  /** It was tried and did not work; the session holds no state now. */
  record Failed(String reason) implements KvOutcome {}
}
