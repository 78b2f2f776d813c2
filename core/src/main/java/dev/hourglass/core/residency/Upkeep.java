package dev.hourglass.core.residency;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.retention.policy.Leaving;
import dev.hourglass.core.retention.policy.LiveRetention;
import dev.hourglass.core.retention.policy.TierUse;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tells a retention each second how full its tiers are, and has leave what it names. */
public final class Upkeep {
  private final LiveRetention retention;
  private final Engine engine;
  private final SnapshotLadder ladder;
  private final LadderLimits limits;

  /** An engine that answers late is not asked twice. */
  private final AtomicBoolean asking = new AtomicBoolean();

  public Upkeep(
      LiveRetention retention, Engine engine, SnapshotLadder ladder, LadderLimits limits) {
    this.retention = retention;
    this.engine = engine;
    this.ladder = ladder;
    this.limits = limits;
  }

  /**
   * Lets a second pass; what follows goes on asynchronously.
   *
   * @param expectedKvTokens in use soon, as foreseen; empty where nothing is
   */
  public void second(OptionalDouble expectedKvTokens) {
    if (!asking.compareAndSet(false, true)) {
      return;
    }
    var _ =
        engine
            .occupancy()
            .whenComplete((occupancy, failure) -> {
              asking.set(false);
              if (failure == null) {
                double capacity = Math.max(1, occupancy.capacityTokens());
                double sequences = Math.max(1, engine.info().maxSequences());
                second(
                    Math.max(
                        occupancy.usedTokens() / capacity, occupancy.sessions().size() / sequences),
                    expectedKvTokens.isPresent()
                        ? OptionalDouble.of(expectedKvTokens.getAsDouble() / capacity)
                        : OptionalDouble.empty());
              }
            });
  }

  private void second(double hot, OptionalDouble hotExpected) {
    LadderStats stats = ladder.stats();
    TierUse use =
        new TierUse(
            hot,
            hotExpected,
            share(stats.warmBytes(), limits.warmBytes()),
            share(stats.coldBytes(), limits.coldBytes()));
    for (Leaving leaving : retention.second(use)) {
      switch (leaving.from()) {
        case HOT -> {
          var _ = engine.makeRoom(leaving.session());
        }
        case WARM, COLD -> ladder.drop(leaving.session());
        case TRANSCRIPT -> {}
      }
    }
  }

  private static double share(long bytes, long most) {
    return most == 0 ? 0 : (double) bytes / most;
  }
}
