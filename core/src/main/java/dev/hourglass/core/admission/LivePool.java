package dev.hourglass.core.admission;

import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.limit.Criticality;
import dev.hourglass.core.load.limit.Thresholds;
import dev.hourglass.core.load.live.LoadSignal;
import dev.hourglass.core.load.live.LoadWatch;
import dev.hourglass.core.load.live.Series;
import dev.hourglass.core.reservation.ReservedCapacity;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A pool as the load watch, the calendar and its engine know it. What the load watch knows is taken
 * over each second, since it must not be waited for.
 */
public final class LivePool implements CapacityView {
  private static final double KV_SHORT_SHARE = 0.9;

  /** Of an engine that does not tell how many sequences it computes at once. */
  private static final int UNKNOWN_ENGINES_SLOTS = 64;

  private final String model;
  private final int configuredSlots;
  private final EngineInfo engine;
  private final LoadWatch load;
  private final ReservedCapacity reserved;
  private volatile Optional<Thresholds> thresholds = Optional.empty();
  private volatile boolean kvShort;
  private volatile Optional<Duration> untilCalm = Optional.empty();

  /**
   * Creates a view.
   *
   * @param configuredSlots what an operator says; 0 leaves it to what is measured
   */
  public LivePool(
      EngineInfo engine, int configuredSlots, LoadWatch load, ReservedCapacity reserved) {
    this.model = engine.model();
    this.engine = engine;
    this.configuredSlots = configuredSlots;
    this.load = load;
    this.reserved = reserved;
  }

  public String model() {
    return model;
  }

  /** Takes over what the load watch knows now; not for the data path. */
  public void second() {
    thresholds = load.thresholds(model);
    kvShort = kvIsShort();
    untilCalm = calm();
  }

  private boolean kvIsShort() {
    OptionalDouble used = load.value(new Series(LoadSignal.KV_USED_TOKENS, model));
    OptionalDouble cells =
        thresholds.map(known -> known.capacity().kvTokens()).orElse(OptionalDouble.empty());
    return used.isPresent()
        && cells.isPresent()
        && used.getAsDouble() >= KV_SHORT_SHARE * cells.getAsDouble();
  }

  /** The first horizon at whose end the arrivals are foreseen to fit the slots. */
  private Optional<Duration> calm() {
    OptionalDouble turnSeconds =
        thresholds.map(Thresholds::serviceSeconds).orElse(OptionalDouble.empty());
    if (turnSeconds.isEmpty()) {
      return Optional.empty();
    }
    for (Horizon horizon : Horizon.values()) {
      Optional<Forecast> arrivals =
          load.outlook(new Series(LoadSignal.ARRIVALS, model), horizon)
              .flatMap(outlook -> Optional.ofNullable(outlook.forecast()));
      if (arrivals.isPresent() && arrivals.get().mean() * turnSeconds.getAsDouble() < slots()) {
        return Optional.of(Duration.ofSeconds(horizon.seconds()));
      }
    }
    return Optional.empty();
  }

  @Override
  public int slots() {
    if (configuredSlots > 0) {
      return configuredSlots;
    }
    if (thresholds.isPresent()) {
      return (int) thresholds.get().limit();
    }
    return engine.maxSequences() > 0 ? engine.maxSequences() : UNKNOWN_ENGINES_SLOTS;
  }

  @Override
  public double quota(Criticality criticality) {
    return thresholds
        .map(known -> known.shares().getOrDefault(criticality, criticality.base()))
        .orElse(criticality.base());
  }

  @Override
  public int setAsideSlots() {
    return reserved.setAsideSessions(model);
  }

  @Override
  public boolean kvShort() {
    return kvShort;
  }

  @Override
  public Optional<Duration> untilCalm() {
    return untilCalm;
  }
}
