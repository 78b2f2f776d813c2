package dev.hourglass.core.routing;

import org.jspecify.annotations.Nullable;

/**
 * What a choice knows of a generation.
 *
 * @param promptTokens how long its prompt is, roughly
 * @param home where the session's KV state is; {@code null} where nobody holds any
 * @param prefix its messages as hashes; {@link PrefixChain#NONE} where no choice asks for them
 */
public record RouteRequest(int promptTokens, @Nullable Home home, PrefixChain prefix) {
  public RouteRequest {
    if (promptTokens < 0) {
      throw new IllegalArgumentException("promptTokens: " + promptTokens + " (expected: >= 0)");
    }
  }

  /**
   * The endpoint that holds a session's KV state.
   *
   * @param kvTokens how much of it, roughly
   */
  public record Home(EndpointId endpoint, int kvTokens) {}
}
