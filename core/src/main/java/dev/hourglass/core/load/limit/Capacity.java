package dev.hourglass.core.load.limit;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * How many requests an engine can compute at once and how many a second, and what that follows
 * from.
 *
 * <p><i>requests = min(KV tokens / tokens of a request, sequences), a second = requests / (TTFT +
 * output tokens · token time)</i>. Before any request was seen, one is taken to fill the context.
 *
 * @param kvTokens KV cells of the engine; empty where unknown
 * @param sequences requests that it may compute at once; empty where unknown
 * @param tokensPerRequest context tokens of a typical request, its answer included
 * @param requestsSeen how many requests that is the mean of; 0 where it is the whole context
 * @param outputTokens tokens of a typical answer; empty before one was seen
 * @param tokenMillis measured time for one token of every running answer; empty where unknown
 * @param firstTextMillis measured time to the first text; empty where unknown
 */
public record Capacity(
    OptionalDouble kvTokens,
    OptionalDouble sequences,
    double tokensPerRequest,
    int requestsSeen,
    OptionalDouble outputTokens,
    OptionalDouble tokenMillis,
    OptionalDouble firstTextMillis) {
  public Capacity {
    if (!(tokensPerRequest > 0)) {
      throw new IllegalArgumentException(
          "tokens of a request: " + tokensPerRequest + " (expected: > 0)");
    }
  }

  /** Requests that the KV memory holds at once, at least 1; empty where unknown. */
  public OptionalDouble byKv() {
    return kvTokens.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(Math.max(1, kvTokens.getAsDouble() / tokensPerRequest));
  }

  /** Requests at once; empty where neither memory nor sequences are known. */
  public OptionalDouble requests() {
    OptionalDouble byKv = byKv();
    if (byKv.isPresent() && sequences.isPresent()) {
      return OptionalDouble.of(Math.min(byKv.getAsDouble(), sequences.getAsDouble()));
    }
    return byKv.isPresent() ? byKv : sequences;
  }

  /** Seconds that a typical request takes; empty before one was measured. */
  public OptionalDouble serviceSeconds() {
    if (outputTokens.isEmpty() || tokenMillis.isEmpty() || firstTextMillis.isEmpty()) {
      return OptionalDouble.empty();
    }
    double millis =
        firstTextMillis.getAsDouble() + outputTokens.getAsDouble() * tokenMillis.getAsDouble();
    return OptionalDouble.of(millis / 1_000);
  }

  /** Requests a second at full use; empty before that can be told. */
  public OptionalDouble requestsPerSecond() {
    OptionalDouble requests = requests();
    OptionalDouble seconds = serviceSeconds();
    return requests.isPresent() && seconds.isPresent() && seconds.getAsDouble() > 0
        ? OptionalDouble.of(requests.getAsDouble() / seconds.getAsDouble())
        : OptionalDouble.empty();
  }

  /** The derivation in words. */
  public String explanation() {
    StringBuilder words = new StringBuilder();
    byKv()
        .ifPresent(byKv ->
            words.append(
                String.format(
                    Locale.ROOT,
                    "The KV memory of %.0f tokens holds %.1f requests of %.0f tokens (%s)",
                    kvTokens.orElse(0),
                    byKv,
                    tokensPerRequest,
                    requestsSeen == 0
                        ? "a whole context, since no request was seen yet"
                        : "the mean of the last " + requestsSeen)));
    sequences.ifPresent(most ->
        words.append(
            String.format(
                Locale.ROOT,
                words.isEmpty()
                    ? "The engine computes %.0f at once"
                    : ", and the engine computes %.0f at once",
                most)));
    if (words.isEmpty()) {
      return "The engine tells neither its memory nor how many requests it computes at once.";
    }
    requestsPerSecond()
        .ifPresent(rate ->
            words.append(
                String.format(
                    Locale.ROOT,
                    "; a request takes %.0f ms to its first text and %.0f tokens of %.1f ms each,"
                        + " so that %.2f a second can be served",
                    firstTextMillis.orElse(0),
                    outputTokens.orElse(0),
                    tokenMillis.orElse(0),
                    rate)));
    return words.append('.').toString();
  }
}
