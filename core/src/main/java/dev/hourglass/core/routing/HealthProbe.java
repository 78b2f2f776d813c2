package dev.hourglass.core.routing;

import java.util.concurrent.CompletionStage;

/** Asks an endpoint whether it is well. */
public interface HealthProbe {
  /** Completes with {@code true} if it is; anything else, exceptions included, is a miss. */
  CompletionStage<Boolean> probe();
}
