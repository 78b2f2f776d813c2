package dev.hourglass.core.retention.policy;

import dev.hourglass.core.session.Residency;

/** What it takes to have a state in the engine again, as measured so far. Safe from any thread. */
public interface ReturnCost {
  /**
   * Until something is measured: a millisecond for each token, and a tenth of that from a snapshot.
   */
  ReturnCost ASSUMED =
      new ReturnCost() {
        @Override
        public double prefillSeconds(int kvTokens) {
          return 1e-3 * kvTokens;
        }

        @Override
        public double restoreSeconds(Residency from, int kvTokens) {
          return 1e-4 * kvTokens;
        }
      };

  /** Seconds to compute so many tokens. */
  double prefillSeconds(int kvTokens);

  /** Seconds to put so many tokens back from a tier below the engine. */
  double restoreSeconds(Residency from, int kvTokens);
}
