package dev.hourglass.core;

import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationUsage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How an accepted turn ended. */
public sealed interface TurnEnd {
  GenerationUsage usage();

  TurnTiming timing();

  /**
   * The answer is whole, and for explicit sessions durable.
   *
   * @param replayed whether it is the recorded answer of an earlier attempt
   */
  record Completed(FinishReason reason, GenerationUsage usage, TurnTiming timing, boolean replayed)
      implements TurnEnd {}

  /** The client left or asked to stop. */
  record Cancelled(GenerationUsage usage, TurnTiming timing) implements TurnEnd {}

  /** It could not go on. */
  record Failed(Refusal reason, GenerationUsage usage, TurnTiming timing) implements TurnEnd {}

  /**
   * How long things took, from the moment the gateway got the turn.
   *
   * @param untilStart until the engine began to decode; {@code null} if it never did
   * @param untilFirstText until the first text; {@code null} if none came
   */
  record TurnTiming(
      @Nullable Duration untilStart, @Nullable Duration untilFirstText, Duration total) {}
}
