package dev.hourglass.app.replay.routing;

import dev.hourglass.app.replay.routing.SimulatedEndpoint.Fleet;
import dev.hourglass.app.replay.routing.SimulatedEndpoint.Started;
import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EndpointLoad;
import dev.hourglass.core.routing.PrefixChain;
import dev.hourglass.core.routing.RouteRequest;
import dev.hourglass.core.routing.RoutingStrategy;
import dev.hourglass.core.routing.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;

/**
 * A trace that several simulated endpoints serve, each request at the endpoint that the product's
 * own {@link Selection} chooses when it arrives, knowing nothing of what comes.
 */
final class RoutingReplay {
  /** Tokens that a hash of a trace stands for. */
  static final int BLOCK_TOKENS = 512;

  private static final long SEED = 4_711;
  private static final double P95 = 0.95;

  private final Trace trace;
  private final RoutingStrategy strategy;
  private final Selection selection;
  private final List<SimulatedEndpoint> endpoints = new ArrayList<>();
  private final TraceSessions sessions = new TraceSessions();
  private final PriorityQueue<Started> running =
      new PriorityQueue<>(Comparator.comparingDouble(Started::endSeconds));
  private final List<Double> queueSeconds = new ArrayList<>();
  private final Imbalance imbalance;
  private long blocks;
  private long cachedBlocks;

  RoutingReplay(Trace trace, RoutingStrategy strategy, Fleet fleet) {
    this.trace = trace;
    this.strategy = strategy;
    this.selection = strategy.selection(new SplittableRandom(SEED));
    for (int number = 1; number <= fleet.endpoints(); number++) {
      endpoints.add(new SimulatedEndpoint(new EndpointId("endpoint-" + number), fleet));
    }
    this.imbalance = new Imbalance(endpoints.size());
  }

  /** Runs the whole trace, and tells how much of it is done, 0 to 1. */
  RoutingResult run(DoubleConsumer progress) {
    int done = 0;
    for (Trace.Request request : trace.requests()) {
      endUntil(request.arrivalSeconds());
      arrive(request);
      done++;
      progress.accept((double) done / trace.requests().size());
    }
    endUntil(Double.POSITIVE_INFINITY);
    return new RoutingResult(
        strategy.wireName(),
        blocks == 0 ? 0 : (double) cachedBlocks / blocks,
        imbalance.mean(),
        quantile(queueSeconds, P95));
  }

  private void arrive(Trace.Request request) {
    double now = request.arrivalSeconds();
    RouteRequest route =
        new RouteRequest(
            (int) request.contextTokens(),
            sessions.home(request),
            PrefixChain.ofBlocks(
                request.blockHashes(), BLOCK_TOKENS, (int) request.contextTokens()));
    EndpointLoad chosen =
        selection.choose(route, endpoints.stream().map(endpoint -> endpoint.load(now)).toList());
    selection.sent(route, chosen);
    sessions.sent(request, chosen.id());
    SimulatedEndpoint endpoint =
        endpoints.stream().filter(it -> it.id().equals(chosen.id())).findAny().orElseThrow();
    endpoint.arrive(request);
    startNext(endpoint, now);
    look(now);
  }

  private void endUntil(double second) {
    while (!running.isEmpty() && running.element().endSeconds() <= second) {
      Started ended = running.remove();
      ended.endpoint().ended(ended);
      startNext(ended.endpoint(), ended.endSeconds());
      look(ended.endSeconds());
    }
  }

  private void startNext(SimulatedEndpoint endpoint, double now) {
    Started started = endpoint.next(now);
    if (started != null) {
      running.add(started);
      blocks += started.request().blockHashes().size();
      cachedBlocks += started.cachedBlocks();
      queueSeconds.add(started.queueSeconds());
    }
  }

  private void look(double now) {
    imbalance.at(now, endpoints.stream().mapToInt(SimulatedEndpoint::inFlight).toArray());
  }

  private static double quantile(List<Double> values, double share) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }

  /**
   * How unevenly requests lie: those at the fullest endpoint over the mean of all, both summed over
   * time in windows of a minute; the mean of the windows. 1 is even, the number of endpoints the
   * worst.
   */
  static final class Imbalance {
    private static final double WINDOW_SECONDS = 60;

    private final double[] requestSeconds;
    private int[] counts;
    private double lastSecond;
    private double windowEnd = WINDOW_SECONDS;
    private double sum;
    private int windows;

    Imbalance(int endpoints) {
      requestSeconds = new double[endpoints];
      counts = new int[endpoints];
    }

    /** From this second on, so many requests are at each endpoint. */
    void at(double second, int... now) {
      while (second >= windowEnd) {
        accrue(windowEnd);
        close();
        windowEnd += WINDOW_SECONDS;
      }
      accrue(second);
      counts = now.clone();
    }

    private void accrue(double second) {
      for (int index = 0; index < counts.length; index++) {
        requestSeconds[index] += counts[index] * (second - lastSecond);
      }
      lastSecond = second;
    }

    private void close() {
      double total = Arrays.stream(requestSeconds).sum();
      if (total > 0) {
        sum += Arrays.stream(requestSeconds).max().orElseThrow() * counts.length / total;
        windows++;
      }
      Arrays.fill(requestSeconds, 0);
    }

    double mean() {
      return windows == 0 ? 1 : sum / windows;
    }
  }
}
