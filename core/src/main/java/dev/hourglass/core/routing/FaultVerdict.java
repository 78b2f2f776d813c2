package dev.hourglass.core.routing;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.routing.CircuitBreaker.Outcome;

/**
 * What a fault says about the endpoint, and about another try elsewhere.
 *
 * @param outcome for the circuit breaker
 * @param retry whether another endpoint might do better
 */
record FaultVerdict(Outcome outcome, Retry retry) {
  /** What another try elsewhere costs. */
  enum Retry {
    /** It would fail there too. */
    POINTLESS,
    /** Nothing has reached the endpoint, nothing is computed twice. */
    FREE,
    /** Work may be done twice, while there is trouble already. */
    FROM_BUDGET
  }

  static FaultVerdict of(EngineFault fault) {
    return switch (fault.kind()) {
      // The endpoint is well; the request is at fault.
      case PROMPT_TOO_LONG, INVALID_PARAMETER, REJECTED ->
          new FaultVerdict(Outcome.SUCCESS, Retry.POINTLESS);
      // Too many asked; that is not a failure of the endpoint.
      case OVERLOADED, KV_EXHAUSTED -> new FaultVerdict(Outcome.DROPPED, Retry.FROM_BUDGET);
      case STOPPED, UNREACHABLE -> new FaultVerdict(Outcome.FAILURE, Retry.FREE);
      case STALLED, BROKEN_OFF, INTERNAL -> new FaultVerdict(Outcome.FAILURE, Retry.FROM_BUDGET);
    };
  }
}
