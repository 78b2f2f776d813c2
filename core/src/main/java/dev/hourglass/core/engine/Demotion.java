package dev.hourglass.core.engine;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;

/**
 * Takes over the state that an engine lets go to make room. Called on the engine's thread, between
 * two steps; answers from memory, at once.
 */
public interface Demotion {
  /** Lets everything go. */
  Demotion NONE =
      new Demotion() {
        @Override
        public boolean wanted(SessionId session, int kvTokens) {
          return false;
        }

        @Override
        public void demoted(SessionId session, TenantId tenant, KvSnapshot snapshot) {
          snapshot.close();
        }
      };

  /** Whether so much state is worth a snapshot. */
  boolean wanted(SessionId session, int kvTokens);

  /**
   * Receives the snapshot of a state that the engine is about to free; whoever has it closes it.
   */
  void demoted(SessionId session, TenantId tenant, KvSnapshot snapshot);
}
