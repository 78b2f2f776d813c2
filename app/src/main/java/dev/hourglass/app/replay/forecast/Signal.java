package dev.hourglass.app.replay.forecast;

import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.PoissonFloor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;

/** One signal of a trace, sampled each second. */
final class Signal {
  private static final int WARM_UP_SECONDS = 600;
  private static final int SESSION_WARM_UP_SECONDS = 900;
  private static final int RATE_SECONDS = 5;
  private static final List<Integer> SESSION_IDLE_SECONDS = List.of(60, 120, 300);

  private final String name;
  private final double[] samples;
  private final int firstOrigin;
  private final OptionalInt idleSeconds;
  private final Map<Horizon, Double> floors;

  private Signal(
      String name,
      double[] samples,
      int firstOrigin,
      OptionalInt idleSeconds,
      ToDoubleFunction<Horizon> unknown) {
    this.name = name;
    this.samples = samples;
    this.firstOrigin = firstOrigin;
    this.idleSeconds = idleSeconds;
    this.floors = new EnumMap<>(Horizon.class);
    for (Horizon horizon : Horizon.values()) {
      floors.put(
          horizon, PoissonFloor.wape(mean(samples, firstOrigin), unknown.applyAsDouble(horizon)));
    }
  }

  /** The signals of a trace, in the order of reports. */
  static List<Signal> of(Trace trace) {
    List<Signal> signals = new ArrayList<>(List.of(inFlight(trace), rate(trace)));
    if (trace.hasSessions()) {
      SESSION_IDLE_SECONDS.forEach(idle -> signals.add(sessions(trace, idle)));
    }
    return signals;
  }

  /** The requests in flight. */
  private static Signal inFlight(Trace trace) {
    List<Presence> requests =
        trace.requests().stream()
            .map(request -> new Presence(request.arrivalSeconds(), request.endSeconds()))
            .toList();
    double[] samples = counts(requests, trace.lastSecond());
    double mean = mean(samples, WARM_UP_SECONDS);
    return new Signal(
        "in-flight",
        samples,
        WARM_UP_SECONDS,
        OptionalInt.empty(),
        horizon -> {
          double stillPresent = stillPresent(requests, horizon);
          return mean * (1 - stillPresent * stillPresent);
        });
  }

  /** The arrivals of the last five seconds. */
  private static Signal rate(Trace trace) {
    List<Presence> arrivals =
        trace.requests().stream()
            .map(Trace.Request::arrivalSeconds)
            .map(arrival -> new Presence(arrival, arrival + RATE_SECONDS))
            .toList();
    double[] samples = counts(arrivals, trace.lastSecond());
    double mean = mean(samples, WARM_UP_SECONDS);
    return new Signal("rate5", samples, WARM_UP_SECONDS, OptionalInt.empty(), horizon -> mean);
  }

  /** The sessions that were used within {@code idleSeconds}. */
  private static Signal sessions(Trace trace, int idleSeconds) {
    List<Presence> lives = SessionCensus.lives(trace, idleSeconds);
    double[] samples = counts(lives, trace.lastSecond());
    return new Signal(
        "sess-" + idleSeconds,
        samples,
        SESSION_WARM_UP_SECONDS,
        OptionalInt.of(idleSeconds),
        horizon -> newcomers(lives, SESSION_WARM_UP_SECONDS, trace.lastSecond(), horizon));
  }

  String name() {
    return name;
  }

  /** How many there are. */
  int samples() {
    return samples.length;
  }

  int lastSecond() {
    return samples.length - 1;
  }

  double at(int second) {
    return samples[second];
  }

  /** The first second from which forecasts are judged. */
  int firstOrigin() {
    return firstOrigin;
  }

  /** For a count of sessions: how long one lives without use. */
  OptionalInt idleSeconds() {
    return idleSeconds;
  }

  /** The WAPE, in percent, of the best forecast there can be, were arrivals Poisson. */
  double floor(Horizon horizon) {
    return floors.getOrDefault(horizon, Double.NaN);
  }

  private static double[] counts(List<Presence> presences, int lastSecond) {
    double[] counts = new double[lastSecond + 1];
    for (Presence presence : presences) {
      int from = presence.firstSecond();
      int to = presence.afterLastSecond();
      if (from <= lastSecond && from < to) {
        counts[from]++;
        if (to <= lastSecond) {
          counts[to]--;
        }
      }
    }
    for (int second = 1; second <= lastSecond; second++) {
      counts[second] += counts[second - 1];
    }
    return counts;
  }

  private static double mean(double[] samples, int from) {
    double sum = 0;
    for (int second = from; second < samples.length; second++) {
      sum += samples[second];
    }
    return sum / (samples.length - from);
  }

  /** The chance that what is present now still is after the horizon. */
  private static double stillPresent(List<Presence> presences, Horizon horizon) {
    double all = 0;
    double still = 0;
    for (Presence presence : presences) {
      long seconds = (long) presence.afterLastSecond() - presence.firstSecond();
      all += seconds;
      still += Math.max(0, seconds - horizon.seconds());
    }
    return all == 0 ? 0 : still / all;
  }

  /** How many of those present, on average, were not yet known one horizon before. */
  private static double newcomers(List<Presence> lives, int from, int lastSecond, Horizon horizon) {
    double seconds = 0;
    for (Presence life : lives) {
      int start = life.firstSecond();
      int end = Math.min(life.afterLastSecond(), start + horizon.seconds());
      seconds += Math.max(0, Math.min(end, lastSecond + 1) - Math.max(start, from));
    }
    return seconds / (lastSecond + 1 - from);
  }
}
