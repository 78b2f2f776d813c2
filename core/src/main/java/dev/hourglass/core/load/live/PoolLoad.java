package dev.hourglass.core.load.live;

import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.load.limit.Capacity;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.load.limit.Crossing;
import dev.hourglass.core.load.limit.GradientLimit;
import dev.hourglass.core.load.limit.Thresholds;
import dev.hourglass.core.load.limit.Thresholds.Threshold;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** What one model's engine can bear, from second to second. */
final class PoolLoad {
  /** Where an engine tells nothing of itself, the limit begins here and feels its way. */
  private static final double UNKNOWN_START = 64;

  /** Ten tokens a second are more than people read. */
  private static final double COMFORTABLE_MILLIS = 100;

  private final ObservedEngine engine;
  private final SessionSensor sessions;
  private final GradientLimit gradient;
  private final Crossing crossing = new Crossing();
  private Capacity capacity;

  PoolLoad(ObservedEngine engine, SessionSensor sessions) {
    this.engine = engine;
    this.sessions = sessions;
    this.capacity = capacity(OptionalDouble.empty(), OptionalDouble.empty());
    this.gradient =
        new GradientLimit(Math.max(1, atBest().orElse(UNKNOWN_START)), COMFORTABLE_MILLIS);
  }

  String model() {
    return engine.info().model();
  }

  ObservedEngine engine() {
    return engine;
  }

  SessionSensor sessions() {
    return sessions;
  }

  /** What is measured of the pool now; empty where unknown. */
  record Measured(
      OptionalDouble inFlight,
      OptionalDouble tokenMillis,
      boolean tokensFlow,
      OptionalDouble firstTextMillis,
      double level,
      OptionalDouble p90) {}

  void second(Measured now) {
    capacity = capacity(now.tokenMillis, now.firstTextMillis);
    if (now.tokensFlow && now.tokenMillis.isPresent() && now.tokenMillis.getAsDouble() > 0) {
      gradient.update(
          now.tokenMillis.getAsDouble(),
          now.inFlight.orElse(0),
          Math.max(1, atBest().orElse(Double.MAX_VALUE)));
    }
    crossing.update(now.level, limit());
  }

  private Capacity capacity(OptionalDouble tokenMillis, OptionalDouble firstTextMillis) {
    EngineInfo info = engine.info();
    EngineActivity activity = engine.activity();
    RequestShapes.Typical typical = engine.shapes().typical();
    boolean seen = typical.requests() > 0 && typical.contextTokens() > 0;
    return new Capacity(
        positive(info.kvCapacityTokens()),
        positive(info.maxSequences()),
        seen ? typical.contextTokens() : Math.max(1, info.contextTokens()),
        seen ? typical.requests() : 0,
        seen ? OptionalDouble.of(typical.outputTokens()) : OptionalDouble.empty(),
        activity.stepMillis().isPresent() ? activity.stepMillis() : tokenMillis,
        firstTextMillis);
  }

  private static OptionalDouble positive(int number) {
    return number > 0 ? OptionalDouble.of(number) : OptionalDouble.empty();
  }

  /**
   * What the engine computes at once when requests are small; it is then for memory to say less.
   */
  private OptionalDouble atBest() {
    return capacity.sequences().isPresent() ? capacity.sequences() : capacity.requests();
  }

  /** Requests at once. */
  double limit() {
    double most = capacity.requests().orElse(Double.MAX_VALUE);
    return Math.max(1, Math.min(gradient.limit(), most));
  }

  Capacity capacity() {
    return capacity;
  }

  Thresholds thresholds(Measured now) {
    double limit = limit();
    Map<Criticality, Double> shares = new EnumMap<>(Criticality.class);
    List<Threshold> explained = new ArrayList<>();
    explained.add(new Threshold("limit", limit, limitInWords(limit)));
    explained.add(new Threshold("pressed", crossing.above() ? 1 : 0, pressureInWords(now, limit)));
    for (Criticality criticality : Criticality.values()) {
      double share =
          now.p90.isPresent()
              ? criticality.share(now.p90.getAsDouble(), limit)
              : criticality.base();
      shares.put(criticality, share);
      explained.add(
          new Threshold(
              "quota_" + criticality.wireName(),
              limit * share,
              quotaInWords(criticality, share, limit, now.p90)));
    }
    return new Thresholds(capacity, limit, crossing.above(), shares, explained);
  }

  private String limitInWords(double limit) {
    if (capacity.requests().isPresent() && limit >= capacity.requests().getAsDouble()) {
      return String.format(
          Locale.ROOT,
          "%.1f requests at once, all that the engine's memory and sequences hold; %s",
          limit,
          speedInWords());
    }
    return String.format(Locale.ROOT, "%.1f requests at once, since %s", limit, speedInWords());
  }

  private String speedInWords() {
    return Double.isNaN(gradient.shortMillis())
        ? "no answer has told yet how fast it is."
        : String.format(
            Locale.ROOT,
            "a token takes %.1f ms against %.1f ms usually (gradient %.2f).",
            gradient.shortMillis(),
            gradient.longMillis(),
            gradient.gradient());
  }

  private String pressureInWords(Measured now, double limit) {
    if (Double.isNaN(now.level)) {
      return "Not pressed: nothing is known of the requests in flight.";
    }
    return crossing.above()
        ? String.format(
            Locale.ROOT,
            "Pressed: the smoothed load of %.1f requests passed the limit of %.1f and is not yet"
                + " below %.1f again.",
            now.level,
            limit,
            0.9 * limit)
        : String.format(
            Locale.ROOT,
            "Not pressed: the smoothed load is %.1f requests, the limit %.1f.",
            now.level,
            limit);
  }

  private static String quotaInWords(
      Criticality criticality, double share, double limit, OptionalDouble p90) {
    if (p90.isEmpty()) {
      return String.format(
          Locale.ROOT,
          "%.2f of %.1f: the base of %s requests, as nothing is foreseen yet.",
          share,
          limit,
          criticality.wireName());
    }
    double overload = Criticality.overload(p90.getAsDouble(), limit);
    return overload == 0
        ? String.format(
            Locale.ROOT,
            "%.2f of %.1f: the base of %s requests, as the P90 that is foreseen, %.1f, is within"
                + " the limit.",
            share,
            limit,
            criticality.wireName(),
            p90.getAsDouble())
        : String.format(
            Locale.ROOT,
            "%.2f of %.1f: base %.2f − κ %.2f × an overload of %.2f, as a P90 of %.1f is foreseen.",
            share,
            limit,
            criticality.base(),
            criticality.kappa(),
            overload,
            p90.getAsDouble());
  }
}
