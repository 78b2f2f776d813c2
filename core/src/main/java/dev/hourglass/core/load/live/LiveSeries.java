package dev.hourglass.core.load.live;

import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.Forecaster;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.limit.AttackReleaseAverage;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** One series as it comes: its newest value, its ring, its smoothed level and its forecast. */
final class LiveSeries {
  private final Series series;
  private final Forecaster forecaster;
  private final SampleRing ring = new SampleRing();
  private final AttackReleaseAverage level = AttackReleaseAverage.ofLoad();
  private final Map<Horizon, Foreseen> foreseen = new EnumMap<>(Horizon.class);
  private boolean read;
  private double value;
  private long takenNanos;
  private boolean fresh;
  private long levelNanos;

  LiveSeries(Series series, Forecaster forecaster) {
    this.series = series;
    this.forecaster = forecaster;
    for (Horizon horizon : Horizon.values()) {
      foreseen.put(horizon, new Foreseen(horizon));
    }
  }

  Series series() {
    return series;
  }

  void read(double newest, long newestNanos) {
    read = true;
    value = newest;
    takenNanos = newestNanos;
  }

  /** Takes the sample of this second, unless the newest reading is too old to be one. */
  void second(long nowNanos) {
    fresh = read && nowNanos - takenNanos <= series.signal().shelfLife().toNanos();
    if (fresh) {
      ring.sample(value);
      forecaster.sample(value);
      level.update(value, (nowNanos - levelNanos) / 1e9);
      levelNanos = nowNanos;
    }
  }

  /** Ends five seconds. */
  void tick() {
    ring.closePoint();
    forecaster.tick();
    foreseen.values().forEach(Foreseen::tick);
  }

  /** The value of now; empty where the newest reading is older than its shelf life. */
  OptionalDouble value() {
    return fresh ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  boolean wasRead() {
    return read;
  }

  /** When the newest reading was taken; without meaning before the first. */
  long takenNanos() {
    return takenNanos;
  }

  AttackReleaseAverage level() {
    return level;
  }

  SampleRing ring() {
    return ring;
  }

  /** What is foreseen; empty while the signal is unknown, since nothing follows from nothing. */
  Optional<Forecast> forecast(Horizon horizon) {
    return Double.isNaN(ring.latest()) ? Optional.empty() : forecaster.forecast(horizon);
  }

  Forecaster forecaster() {
    return forecaster;
  }

  Foreseen foreseen(Horizon horizon) {
    Foreseen found = foreseen.get(horizon);
    if (found == null) {
      throw new IllegalArgumentException("horizon: " + horizon);
    }
    return found;
  }

  /** What was said one horizon ago of each point of the ring. */
  final class Foreseen {
    private final Horizon horizon;
    private final Forecast[] waiting;
    private final SampleRing p50 = new SampleRing();
    private final SampleRing p90 = new SampleRing();
    private int ticks;

    private Foreseen(Horizon horizon) {
      this.horizon = horizon;
      this.waiting = new Forecast[horizon.steps()];
      Arrays.fill(waiting, UNKNOWN);
    }

    private void tick() {
      int slot = ticks % waiting.length;
      p50.add(waiting[slot].p50());
      p90.add(waiting[slot].p90());
      waiting[slot] = forecast(horizon).orElse(UNKNOWN);
      ticks++;
    }

    SampleRing p50() {
      return p50;
    }

    SampleRing p90() {
      return p90;
    }
  }

  private static final Forecast UNKNOWN = new Forecast(Double.NaN, Double.NaN, Double.NaN);
}
