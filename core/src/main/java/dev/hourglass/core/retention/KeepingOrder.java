package dev.hourglass.core.retention;

import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;

/**
 * What it is worth to keep states on a tier, one against the other. Called under the locks of those
 * who hold the states; answers from memory in microseconds and calls nobody back.
 */
public interface KeepingOrder {
  /** Keeps everything as long as there is room; nobody is worth more than anybody else. */
  KeepingOrder INDIFFERENT =
      new KeepingOrder() {
        @Override
        public double worth(SessionId session, Residency tier, int kvTokens) {
          return 0;
        }

        @Override
        public boolean keeps(SessionId session) {
          return true;
        }

        @Override
        public void leaves(SessionId session, Residency tier, Departure why) {}
      };

  /** Comparable only with others of the same tier; who has the least goes first. */
  double worth(SessionId session, Residency tier, int kvTokens);

  /** Whether a state that leaves the engine should be kept on a tier below, if there is room. */
  boolean keeps(SessionId session);

  /** Notes why a state leaves a tier, just before it does. */
  void leaves(SessionId session, Residency tier, Departure why);
}
