package dev.hourglass.app.replay.forecast;

import java.util.List;
import java.util.Optional;

/**
 * Requests as they arrived somewhere, in the order of their arrival; the first comes in second 0.
 *
 * @param hasSessions whether requests say which conversation they belong to
 */
record Trace(List<Request> requests, boolean hasSessions) {
  private static final double SECONDS_PER_GENERATED_TOKEN = 0.020;
  private static final double SECONDS_PER_CONTEXT_TOKEN = 0.0002;

  Trace {
    requests = List.copyOf(requests);
  }

  /** The last whole second of the trace; nothing is known after it. */
  int lastSecond() {
    return (int) requests.getLast().arrivalSeconds();
  }

  /** One request. */
  record Request(
      double arrivalSeconds,
      long contextTokens,
      long generatedTokens,
      Optional<Conversation> conversation) {

    /** The same request, so many seconds earlier. */
    Request earlier(double seconds) {
      return new Request(arrivalSeconds - seconds, contextTokens, generatedTokens, conversation);
    }

    /** When its answer is complete: 20 ms for a generated token, 0.2 ms for one of context. */
    double endSeconds() {
      return arrivalSeconds
          + generatedTokens * SECONDS_PER_GENERATED_TOKEN
          + contextTokens * SECONDS_PER_CONTEXT_TOKEN;
    }
  }

  /** What tells a conversation: the hashes of its first two blocks. */
  record Conversation(long firstHash, Optional<Long> secondHash) {}
}
