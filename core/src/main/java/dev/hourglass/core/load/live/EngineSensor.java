package dev.hourglass.core.load.live;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.KvOccupancy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What an engine says of itself: its memory, its queue, its steps. Waits for the engine's answer.
 */
final class EngineSensor implements Sensor {
  private final Engine engine;
  private final String place;

  EngineSensor(Engine engine) {
    this.engine = engine;
    this.place = engine.info().model();
  }

  @Override
  public String name() {
    return "engine " + place;
  }

  @Override
  public Set<Series> series() {
    return Set.of(
        new Series(LoadSignal.KV_USED_TOKENS, place),
        new Series(LoadSignal.QUEUE_LENGTH, place),
        new Series(LoadSignal.STEP_MILLIS, place));
  }

  @Override
  public List<Reading> read() throws Exception {
    List<Reading> readings = new ArrayList<>();
    EngineActivity activity = engine.activity();
    activity
        .queued()
        .ifPresent(queued -> readings.add(Reading.now(LoadSignal.QUEUE_LENGTH, place, queued)));
    activity
        .stepMillis()
        .ifPresent(millis -> readings.add(Reading.now(LoadSignal.STEP_MILLIS, place, millis)));
    KvOccupancy occupancy = engine.occupancy().toCompletableFuture().get();
    if (occupancy.capacityTokens() > 0) {
      readings.add(Reading.now(LoadSignal.KV_USED_TOKENS, place, occupancy.usedTokens()));
    }
    return readings;
  }
}
