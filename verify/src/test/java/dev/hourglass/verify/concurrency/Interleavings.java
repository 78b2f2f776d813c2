package dev.hourglass.verify.concurrency;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionToken;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.core.session.TokenHash;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * How many of all interleavings are looked at: as many as a test suite has time for. Scenarios are
 * drawn with a fixed seed, so each run looks at the same ones.
 *
 * <p>What is under test is built by the first call, not by a constructor: Lincheck counts identity
 * hashes of its own, and within calls only.
 */
final class Interleavings {
  private static final int SCENARIOS = 8;
  private static final int ORDERS_EACH = 50;

  /**
   * More than any loop of theirs has rounds, so that what goes on beyond has come to a standstill.
   */
  private static final int MOST_ROUNDS = 10_000;

  private Interleavings() {}

  static ModelCheckingOptions of(int threads, int callsEach) {
    return new ModelCheckingOptions()
        .threads(threads)
        .actorsBefore(1)
        .actorsPerThread(callsEach)
        .actorsAfter(1)
        .iterations(SCENARIOS)
        .invocationsPerIteration(ORDERS_EACH)
        .loopBound(MOST_ROUNDS)
        // Values, whose making nobody can see.
        .addGuarantee(
            forClasses(
                    SessionId.class.getName(),
                    SessionToken.class.getName(),
                    TenantId.class.getName(),
                    TokenHash.class.getName())
                .allMethods()
                .ignore());
  }
}
