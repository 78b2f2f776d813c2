package dev.hourglass.core.load.live;

import dev.hourglass.core.Refusal;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.ForecastSkill;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.limit.Thresholds;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is known of the load at one moment. In lists of points, and only there, NaN
 * stands for a point that is unknown.
 *
 * @param refusedInAll turns that were told to come back later, since the start
 * @param latestRefused the last of them, newest first
 */
public record LoadReport(
    Instant at,
    List<PoolReport> pools,
    List<SeriesReport> series,
    List<SensorHealth> sensors,
    long refusedInAll,
    List<Refused> latestRefused) {
  /** Seconds from one point of a ring to the next. */
  public static final int POINT_SECONDS = 5;

  public LoadReport {
    pools = List.copyOf(pools);
    series = List.copyOf(series);
    sensors = List.copyOf(sensors);
    latestRefused = List.copyOf(latestRefused);
  }

  /** A turn that was told to come back later. */
  public record Refused(Instant at, Refusal.Kind kind, Duration retryAfter) {}

  /** One model. */
  public record PoolReport(String model, Thresholds thresholds) {}

  /**
   * One series.
   *
   * @param value of now; empty where unknown
   * @param takenAt when the newest reading was taken, however old; {@code null} before the first
   * @param level smoothed, fast up and slowly down; empty before the first reading
   * @param deviation of the level
   * @param capacity what the signal may not pass; empty where nothing bounds it
   * @param capacityMeaning where the capacity comes from, in one sentence; empty without one
   * @param history means of five seconds, oldest first
   */
  public record SeriesReport(
      Series series,
      OptionalDouble value,
      @Nullable Instant takenAt,
      OptionalDouble level,
      double deviation,
      OptionalDouble capacity,
      String capacityMeaning,
      List<Double> history,
      List<ForecastReport> forecasts) {
    public SeriesReport {
      history = List.copyOf(history);
      forecasts = List.copyOf(forecasts);
    }
  }

  /**
   * What is foreseen for the end of one horizon.
   *
   * @param forecast {@code null} while the signal is unknown
   * @param chanceAboveCapacity that the signal passes its capacity at any second of the horizon
   * @param skill {@code null} until a forecast has come due
   * @param floorWape the error in percent that nobody can go below; empty where unknown
   */
  public record Outlook(
      Horizon horizon,
      @Nullable Forecast forecast,
      OptionalDouble chanceAboveCapacity,
      @Nullable ForecastSkill skill,
      OptionalDouble floorWape) {}

  /**
   * An outlook beside those of before.
   *
   * @param pastP50 what was said one horizon ago of each point of the history
   */
  public record ForecastReport(Outlook outlook, List<Double> pastP50, List<Double> pastP90) {
    public ForecastReport {
      pastP50 = List.copyOf(pastP50);
      pastP90 = List.copyOf(pastP90);
    }
  }
}
