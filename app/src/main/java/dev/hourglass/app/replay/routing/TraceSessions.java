package dev.hourglass.app.replay.routing;

import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.RouteRequest.Home;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of a trace, and where their KV state was left: a request continues a session when
 * the session's full blocks, at least two, are a prefix of its own.
 */
final class TraceSessions {
  private static final int LEAST_BLOCKS = 2;

  /** Homes by the hash of a session's last full block, which covers all blocks before it. */
  private final Map<Long, Home> tips = new HashMap<>();

  /** Where the session that this request continues has its state; {@code null} for a new one. */
  @Nullable Home home(Trace.Request request) {
    Integer tip = tip(request);
    return tip == null ? null : tips.get(request.blockHashes().get(tip));
  }

  /** The session goes on at an endpoint, with all of this request. */
  void sent(Trace.Request request, EndpointId endpoint) {
    Integer tip = tip(request);
    if (tip != null) {
      tips.remove(request.blockHashes().get(tip));
    }
    int full = (int) (request.contextTokens() / RoutingReplay.BLOCK_TOKENS);
    if (full >= LEAST_BLOCKS && full <= request.blockHashes().size()) {
      tips.put(
          request.blockHashes().get(full - 1),
          new Home(endpoint, (int) (request.contextTokens() + request.generatedTokens())));
    }
  }

  private @Nullable Integer tip(Trace.Request request) {
    List<Long> blocks = request.blockHashes();
    for (int index = blocks.size() - 1; index >= LEAST_BLOCKS - 1; index--) {
      if (tips.containsKey(blocks.get(index))) {
        return index;
      }
    }
    return null;
  }
}
