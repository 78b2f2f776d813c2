package dev.hourglass.app.replay.forecast;

import dev.hourglass.app.replay.trace.Trace;
import dev.hourglass.core.load.ConformalQuantile;
import dev.hourglass.core.load.Forecast;
import dev.hourglass.core.load.ForecastScore;
import dev.hourglass.core.load.Forecaster;
import dev.hourglass.core.load.Horizon;
import dev.hourglass.core.load.SessionTimers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/**
 * A signal fed second by second to the forecaster that the gateway uses, and each forecast compared
 * with what came. The forecaster is given what has happened and nothing else; targets are looked up
 * for the score alone.
 */
final class ForecastReplay {
  static final String MIXTURE = "mixture";
  static final String FLOOR = "floor";
  private static final int TICK_SECONDS = 5;

  private final Trace trace;
  private final Signal signal;
  private final SessionTimers timers = new SessionTimers();
  private final Forecaster forecaster;
  private final List<Judged> judged = new ArrayList<>();

  ForecastReplay(Trace trace, Signal signal) {
    this.trace = trace;
    this.signal = signal;
    this.forecaster =
        signal.idleSeconds().isPresent() ? Forecaster.ofSessions(timers) : Forecaster.ofValues();
    for (int method = 0; method <= forecaster.methods().size(); method++) {
      for (Horizon horizon : Horizon.values()) {
        judged.add(new Judged(method, horizon));
      }
    }
  }

  /** Runs the signal from its first second to its last; tells how much of it is done, 0 to 1. */
  List<ForecastResult> run(DoubleConsumer progress) {
    Optional<SessionCensus> census =
        signal.idleSeconds().stream().mapToObj(idle -> new SessionCensus(trace, idle)).findAny();
    for (int second = 0; second <= signal.lastSecond(); second++) {
      forecaster.sample(signal.at(second));
      if (second % TICK_SECONDS == 0) {
        double now = second;
        census.ifPresent(sessions -> timers.tell(sessions.at(now)));
        forecaster.tick();
        for (Judged cell : judged) {
          cell.tick(second);
        }
        progress.accept((second + 1.0) / signal.samples());
      }
    }
    return results();
  }

  private List<ForecastResult> results() {
    List<ForecastResult> results = new ArrayList<>();
    for (Judged cell : judged) {
      results.add(cell.result());
    }
    for (Horizon horizon : Horizon.values()) {
      results.add(
          new ForecastResult(
              signal.name(), FLOOR, horizon, signal.floor(horizon), Optional.empty()));
    }
    return results;
  }

  /** One method at one horizon. Experts get a P90 in the same way as the mixture. */
  private final class Judged {
    private final int method;
    private final Horizon horizon;
    private final ForecastScore score = new ForecastScore();
    private final ConformalQuantile ninetieth = ConformalQuantile.ninetieth();
    private final Forecast[] waiting;

    Judged(int method, Horizon horizon) {
      this.method = method;
      this.horizon = horizon;
      this.waiting = new Forecast[horizon.seconds() / TICK_SECONDS];
    }

    void tick(int second) {
      int slot = second / TICK_SECONDS % waiting.length;
      int origin = second - horizon.seconds();
      if (origin >= 0) {
        Forecast forecast = waiting[slot];
        double actual = signal.at(second);
        ninetieth.matured(forecast.mean(), forecast.p90(), actual);
        if (origin >= signal.firstOrigin()) {
          score.add(forecast.mean(), forecast.p90(), actual);
        }
      }
      waiting[slot] = forecast();
    }

    private boolean isMixture() {
      return method == forecaster.methods().size();
    }

    private Forecast forecast() {
      if (isMixture()) {
        return forecaster.forecast(horizon).orElseThrow();
      }
      double mean = forecaster.forecast(method, horizon);
      return new Forecast(mean, mean, ninetieth.around(mean));
    }

    ForecastResult result() {
      return new ForecastResult(
          signal.name(),
          isMixture() ? MIXTURE : forecaster.methods().get(method),
          horizon,
          score.wape(),
          Optional.of(score));
    }
  }
}
