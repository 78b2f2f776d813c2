package dev.hourglass.core.engine;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What an engine is busy with, as of its latest step; empty where the engine cannot tell.
 *
 * @param running generations that are computed
 * @param queued generations that wait for their turn
 * @param stepMillis moving average of the time that one step takes, which serves all that run
 * @param promptTokensPerStep prompt tokens that a step takes beside the answers
 */
public record EngineActivity(
    OptionalInt running,
    OptionalInt queued,
    OptionalDouble stepMillis,
    OptionalInt promptTokensPerStep) {
  public static final EngineActivity UNKNOWN =
      new EngineActivity(
          OptionalInt.empty(), OptionalInt.empty(), OptionalDouble.empty(), OptionalInt.empty());
}
