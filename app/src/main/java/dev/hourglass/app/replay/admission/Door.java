package dev.hourglass.app.replay.admission;

import dev.hourglass.core.admission.Rejection;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The server, as simulated clients meet it. */
interface Door {
  /**
   * Asks for a slot. The caller is told at once, or later if it has to wait; whoever is let in
   * closes the slot when done.
   *
   * @return gives up waiting
   */
  Runnable knock(@Nullable String ticket, Caller caller);

  /** Whether somebody who came now would be let in or could wait. */
  boolean wouldTake();

  /** Who knocks. */
  interface Caller {
    /** It is let in. */
    void admitted(Runnable slot);

    /**
     * It is not.
     *
     * @param rejection what the server says; {@code null} where it says nothing
     */
    void refused(@Nullable Rejection rejection);
  }

  /** How long anybody may wait at the door. */
  Duration LONGEST_WAIT = Duration.ofSeconds(2);
}
