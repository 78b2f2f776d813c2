package dev.hourglass.app.replay.routing;

import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EndpointLoad;
import dev.hourglass.core.routing.EndpointPulse;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint that takes 20 ms for a generated token and 0.2 ms for a prompt token that is not
 * cached, for as many requests at once as it has slots; the others wait in line.
 */
final class SimulatedEndpoint {
  private static final double SECONDS_PER_GENERATED_TOKEN = 0.020;
  private static final double SECONDS_PER_UNCACHED_TOKEN = 0.0002;
  private static final double CONFIGURED_WEIGHT = 1;

  private final EndpointId id;
  private final Fleet fleet;
  private final BlockCache cache;
  private final Queue<Trace.Request> line = new ArrayDeque<>();
  private final EndpointPulse pulse = new EndpointPulse();
  private int running;

  SimulatedEndpoint(EndpointId id, Fleet fleet) {
    this.id = id;
    this.fleet = fleet;
    this.cache = new BlockCache(fleet.kvBlocks());
  }

  /** What every endpoint of a simulation has. */
  record Fleet(int endpoints, int slots, int kvBlocks) {}

  /**
   * A request that has got its slot.
   *
   * @param endSeconds when its answer is complete
   */
  record Started(
      Trace.Request request,
      SimulatedEndpoint endpoint,
      double startSeconds,
      int cachedBlocks,
      double firstTokenSeconds,
      double endSeconds) {
    double queueSeconds() {
      return startSeconds - request.arrivalSeconds();
    }
  }

  void arrive(Trace.Request request) {
    line.add(request);
  }

  /** Gives a slot to the next in line; {@code null} if nobody waits or every slot is taken. */
  @Nullable Started next(double nowSeconds) {
    if (running == fleet.slots() || line.isEmpty()) {
      return null;
    }
    Trace.Request request = line.remove();
    running++;
    int cachedBlocks = cache.cachedBlocks(request.blockHashes());
    long uncached =
        Math.max(0, request.contextTokens() - (long) cachedBlocks * RoutingReplay.BLOCK_TOKENS);
    cache.add(request.blockHashes());
    double firstToken = nowSeconds + uncached * SECONDS_PER_UNCACHED_TOKEN;
    return new Started(
        request,
        this,
        nowSeconds,
        cachedBlocks,
        firstToken,
        firstToken + request.generatedTokens() * SECONDS_PER_GENERATED_TOKEN);
  }

  void ended(Started request) {
    running--;
    double arrived = request.request().arrivalSeconds();
    int uncached =
        (int)
            Math.max(
                0,
                request.request().contextTokens()
                    - (long) request.cachedBlocks() * RoutingReplay.BLOCK_TOKENS);
    pulse.firstToken(request.endSeconds(), request.firstTokenSeconds() - arrived, uncached);
    pulse.served(request.endSeconds() - request.startSeconds());
    pulse.tokenPause(request.endSeconds(), SECONDS_PER_GENERATED_TOKEN);
  }

  EndpointId id() {
    return id;
  }

  /** Requests that run or wait here. */
  int inFlight() {
    return running + line.size();
  }

  /** What a gateway in front knows: what it sent, what ended, and the configuration. */
  EndpointLoad load(double nowSeconds) {
    return new EndpointLoad(
        id,
        CONFIGURED_WEIGHT,
        inFlight(),
        fleet.slots(),
        fleet.kvBlocks() * RoutingReplay.BLOCK_TOKENS,
        pulse.pace(nowSeconds));
  }
}
