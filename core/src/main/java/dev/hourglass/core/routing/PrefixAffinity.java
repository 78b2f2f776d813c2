package dev.hourglass.core.routing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The endpoint that has probably cached most of the prompt, as long as that is worth it.
 *
 * <p>Among the endpoints within their {@link LoadBound}, the least {@code wait + prefill of what is
 * not cached + λ · crowding · service} wins, in seconds. The last term is what one more generation
 * costs those that already run there. It is why a system prompt that everybody shares does not pull
 * everything to where it was seen first: its prefill is soon cheaper than the crowd, and once each
 * endpoint has computed it, it speaks for none.
 */
final class PrefixAffinity implements Selection {
  /** Links remembered for each endpoint: about 3 MB. */
  static final int DEFAULT_LINKS = 32_768;

  /** How much slower all become, of a full endpoint's service time, by its being full. */
  private static final double CROWDING_COST = 0.1;

  private final int mostLinks;
  private final LeastInFlight mostRoom = new LeastInFlight();

  /** One for each endpoint of the pool. */
  private final Map<EndpointId, PrefixIndex> indexes = new HashMap<>();

  PrefixAffinity(int mostLinks) {
    this.mostLinks = mostLinks;
  }

  @Override
  public EndpointLoad choose(RouteRequest request, List<EndpointLoad> candidates) {
    List<EndpointLoad> eligible = LoadBound.within(candidates);
    // One price for all: who prefills a little faster must not take everything.
    double secondsPerToken =
        eligible.stream().mapToDouble(it -> it.prefillSeconds(1)).average().orElseThrow();
    double[] seconds = new double[eligible.size()];
    double least = Double.POSITIVE_INFINITY;
    for (int index = 0; index < seconds.length; index++) {
      EndpointLoad endpoint = eligible.get(index);
      int uncached = Math.max(0, request.promptTokens() - cachedTokens(request, endpoint));
      seconds[index] =
          endpoint.queueSeconds()
              + uncached * secondsPerToken
              + CROWDING_COST * endpoint.crowding() * endpoint.pace().serviceSeconds();
      least = Math.min(least, seconds[index]);
    }
    List<EndpointLoad> best = new ArrayList<>();
    for (int index = 0; index < seconds.length; index++) {
      if (seconds[index] == least) {
        best.add(eligible.get(index));
      }
    }
    return mostRoom.choose(request, best);
  }

  private int cachedTokens(RouteRequest request, EndpointLoad endpoint) {
    PrefixIndex index = indexes.get(endpoint.id());
    return index == null ? 0 : index.cachedTokens(request.prefix());
  }

  @Override
  public void sent(RouteRequest request, EndpointLoad endpoint) {
    indexes
        .computeIfAbsent(endpoint.id(), _ -> new PrefixIndex(mostLinks))
        .add(request.prefix(), endpoint.kvCapacityTokens());
  }

  @Override
  public void forget(EndpointId endpoint) {
    indexes.remove(endpoint);
    mostRoom.forget(endpoint);
  }

  @Override
  public boolean looksAtPrefixes() {
    return true;
  }
}
