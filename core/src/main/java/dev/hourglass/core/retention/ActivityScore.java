package dev.hourglass.core.retention;

import dev.hourglass.core.session.SessionId;
import java.util.Optional;

/**
 * How alive conversations are. Asked on an engine's thread, for many sessions in a row; answers
 * from memory at once.
 */
public interface ActivityScore {
  /** Knows nothing of anybody. */
  ActivityScore UNKNOWN = _ -> Optional.empty();

  /** The activity of a session now; empty while nothing is known of it. */
  Optional<Activity> of(SessionId session);

  /**
   * What a session's recent life says, each part from 0 to 1.
   *
   * @param score the weighted sum of the parts
   * @param density how many messages it had lately
   * @param responsiveness how fast it answers, against its own history
   * @param continuity how much its messages stay with their topic
   */
  record Activity(double score, double density, double responsiveness, double continuity) {}
}
