package dev.hourglass.core.load.live;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOccupancy;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * How much of an engine's memory is in use. It waits for the engine's answer, which comes between
 * two steps, and steps take seconds where a machine has too much to do.
 */
final class MemorySensor implements Sensor {
  private final Engine engine;
  private final Series used;

  MemorySensor(Engine engine) {
    this.engine = engine;
    this.used = new Series(LoadSignal.KV_USED_TOKENS, engine.info().model());
  }

  @Override
  public String name() {
    return "memory " + used.place();
  }

  @Override
  public Set<Series> series() {
    return Set.of(used);
  }

  @Override
  public Duration deadline() {
    return used.signal().shelfLife();
  }

  @Override
  public List<Reading> read() throws Exception {
    KvOccupancy occupancy = engine.occupancy().toCompletableFuture().get();
    return occupancy.capacityTokens() > 0
        ? List.of(new Reading(used, occupancy.usedTokens(), Duration.ZERO))
        : List.of();
  }
}
