package dev.hourglass.core.load;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * The forecast of one signal: a mixture of experts for each horizon, with bounds that are
 * calibrated by what came.
 *
 * <p>Samples come by {@link #sample}, one a second; every five seconds the caller says {@link
 * #tick}. A forecast is learned from when its horizon has passed, never before. Five seconds
 * without a sample are unknown: nothing is learned from forecasts that ended in them.
 */
public final class Forecaster {
  /** The place of {@link Naive} among the experts. */
  private static final int NAIVE = 0;

  private final LoadHistory history = new LoadHistory();
  private final List<Expert> experts;
  private final Map<Horizon, Track> tracks = new EnumMap<>(Horizon.class);

  private Forecaster(List<Expert> experts) {
    this.experts = experts;
    for (Horizon horizon : Horizon.values()) {
      tracks.put(horizon, new Track(horizon));
    }
  }

  /** For a signal that is known by its values alone. */
  public static Forecaster ofValues() {
    return new Forecaster(onValues().toList());
  }

  /** For a count of live sessions, whose timers are reported to {@code timers} before each tick. */
  public static Forecaster ofSessions(SessionTimers timers) {
    return new Forecaster(Stream.concat(onValues(), Stream.of(timers)).toList());
  }

  private static Stream<Expert> onValues() {
    return Stream.of(
        new Naive(),
        new MovingAverage(60),
        new MovingAverage(180),
        new MovingAverage(600),
        new ExponentialAverage(0.1),
        new LeastSquaresTrend(300),
        new LeastSquaresTrend(600),
        new Autoregression(3),
        new Autoregression(12),
        new DampedHolt(),
        new SignificantSlope());
  }

  /** Takes the value of this second; unknown ones are left out. */
  public void sample(double value) {
    history.sample(value);
  }

  /** Ends five seconds: learns from what has come true, and looks ahead anew. */
  public void tick() {
    boolean known = history.closePoint();
    if (history.size() == 0) {
      return;
    }
    experts.forEach(expert -> expert.observe(history));
    tracks.values().forEach(track -> track.tick(known));
  }

  /** The mixture's forecast, or nothing before the first sample. */
  public Optional<Forecast> forecast(Horizon horizon) {
    return Optional.ofNullable(tracks.get(horizon)).flatMap(Track::latest);
  }

  /**
   * The chance that the signal is above {@code capacity} at any second of the horizon, 0 to 1;
   * empty until enough horizons have passed to tell.
   */
  public OptionalDouble chanceAbove(double capacity, Horizon horizon) {
    Track track = tracks.get(horizon);
    return track == null ? OptionalDouble.empty() : track.chanceAbove(capacity);
  }

  /** How good the forecasts were of late; empty until one has come due. */
  public Optional<ForecastSkill> skill(Horizon horizon) {
    return Optional.ofNullable(tracks.get(horizon)).flatMap(track -> track.skill.current());
  }

  /** The names of the experts, in the order of tables. */
  public List<String> methods() {
    return experts.stream().map(Expert::method).toList();
  }

  /** What one expert of {@link #methods} says for itself. */
  public double forecast(int method, Horizon horizon) {
    return bounded(experts.get(method).forecast(horizon));
  }

  /** No signal here is ever negative. */
  private static double bounded(double forecast) {
    return Math.max(0, forecast);
  }

  /** One horizon: the forecasts that wait for their target, and what is learned from them. */
  private final class Track {
    private final Horizon horizon;
    private final HedgeMixture mixture;
    private final ConformalQuantile median = ConformalQuantile.median();
    private final ConformalQuantile ninetieth = ConformalQuantile.ninetieth();
    private final double[][] waiting;
    private final Forecast[] given;
    private final double[] peaks;
    private final PeakOdds peakOdds = new PeakOdds();
    private final SkillRecord skill = new SkillRecord();
    private int ticks;

    Track(Horizon horizon) {
      this.horizon = horizon;
      this.mixture = new HedgeMixture(experts.stream().map(Expert::family).toList());
      this.waiting = new double[horizon.steps()][experts.size()];
      this.given = new Forecast[horizon.steps()];
      this.peaks = new double[horizon.steps()];
      Arrays.fill(peaks, Double.NEGATIVE_INFINITY);
    }

    void tick(boolean known) {
      int slot = ticks % given.length;
      for (int waiter = 0; waiter < peaks.length; waiter++) {
        // NaN, where a tick is unknown, stays.
        peaks[waiter] = Math.max(peaks[waiter], history.latestPeak());
      }
      if (ticks >= given.length && known) {
        mature(waiting[slot], given[slot], history.latestSample());
        peakOdds.matured(given[slot].mean(), peaks[slot]);
      }
      peaks[slot] = Double.NEGATIVE_INFINITY;
      for (int expert = 0; expert < waiting[slot].length; expert++) {
        waiting[slot][expert] = bounded(experts.get(expert).forecast(horizon));
      }
      double mean = mixture.mix(waiting[slot]);
      double p50 = median.around(mean);
      given[slot] = new Forecast(mean, p50, Math.max(p50, ninetieth.around(mean)));
      ticks++;
    }

    private void mature(double[] forecasts, Forecast forecast, double actual) {
      mixture.matured(forecasts, actual);
      skill.matured(forecast.mean(), forecasts[NAIVE], actual);
      median.matured(forecast.mean(), forecast.p50(), actual);
      ninetieth.matured(forecast.mean(), forecast.p90(), actual);
    }

    OptionalDouble chanceAbove(double capacity) {
      return latest().stream()
          .flatMapToDouble(forecast -> peakOdds.above(capacity, forecast.mean()).stream())
          .findAny();
    }

    Optional<Forecast> latest() {
      return ticks == 0 ? Optional.empty() : Optional.of(given[(ticks - 1) % given.length]);
    }
  }
}
