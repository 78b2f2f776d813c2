package dev.hourglass.core.admission;

import java.time.Duration;

/**
 * A refused turn's hint when to come back, and what became of it.
 *
 * @param age how long ago it was given
 * @param retryAfter what it said
 * @param placeKept whether a ticket keeps the turn's place; where none does, the hint is tried out
 *     here when its time comes
 */
public record Hint(Duration age, Duration retryAfter, boolean placeKept, Outcome outcome) {
  /** What became of a hint. */
  public enum Outcome {
    /** Its time has not come, or its client waits here again. */
    PENDING,
    /** Whoever came was let in, or would have been. */
    CAME_TRUE,
    /** Whoever came when told had to go again, or would have had to. */
    BROKEN,
    /** Its client came too early, too late or never. */
    UNUSED
  }
}
