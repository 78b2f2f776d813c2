package dev.hourglass.core.load.live;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineActivity;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What an engine says of its queue and its steps, as far as it can tell. Never waits. */
final class ActivitySensor implements Sensor {
  private final Engine engine;
  private final String place;

  ActivitySensor(Engine engine) {
    this.engine = engine;
    this.place = engine.info().model();
  }

  @Override
  public String name() {
    return "activity " + place;
  }

  @Override
  public Set<Series> series() {
    return Set.of(
        new Series(LoadSignal.QUEUE_LENGTH, place), new Series(LoadSignal.STEP_MILLIS, place));
  }

  @Override
  public List<Reading> read() {
    List<Reading> readings = new ArrayList<>();
    EngineActivity activity = engine.activity();
    activity
        .queued()
        .ifPresent(queued -> readings.add(Reading.now(LoadSignal.QUEUE_LENGTH, place, queued)));
    activity
        .stepMillis()
        .ifPresent(millis -> readings.add(Reading.now(LoadSignal.STEP_MILLIS, place, millis)));
    return readings;
  }
}
