package dev.hourglass.app.replay.trace;

import java.util.List;
import java.util.Optional;

/**
 * Requests as they arrived somewhere, in the order of their arrival; the first comes in second 0.
 *
 * @param hasSessions whether requests say which conversation they belong to
 */
public record Trace(List<Request> requests, boolean hasSessions) {
  private static final double SECONDS_PER_GENERATED_TOKEN = 0.020;
  private static final double SECONDS_PER_CONTEXT_TOKEN = 0.0002;

  public Trace {
    requests = List.copyOf(requests);
  }

  /** The last whole second of the trace; nothing is known after it. */
  public int lastSecond() {
    return (int) requests.getLast().arrivalSeconds();
  }

  /**
   * One request.
   *
   * @param blockHashes of its context, a block at a time; each hash covers all blocks before it.
   *     Empty where the trace has none
   */
  public record Request(
      double arrivalSeconds, long contextTokens, long generatedTokens, List<Long> blockHashes) {
    public Request {
      blockHashes = List.copyOf(blockHashes);
    }

    /** Which conversation it belongs to; empty where the trace does not tell. */
    public Optional<Conversation> conversation() {
      if (blockHashes.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          new Conversation(blockHashes.getFirst(), blockHashes.stream().skip(1).findFirst()));
    }

    /** The same request, so many seconds earlier. */
    public Request earlier(double seconds) {
      return new Request(arrivalSeconds - seconds, contextTokens, generatedTokens, blockHashes);
    }

    /** When its answer is complete: 20 ms for a generated token, 0.2 ms for one of context. */
    public double endSeconds() {
      return arrivalSeconds
          + generatedTokens * SECONDS_PER_GENERATED_TOKEN
          + contextTokens * SECONDS_PER_CONTEXT_TOKEN;
    }
  }

  /** What tells a conversation: the hashes of its first two blocks. */
  public record Conversation(long firstHash, Optional<Long> secondHash) {}
}
