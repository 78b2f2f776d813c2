package dev.hourglass.core.session;

import org.jspecify.annotations.Nullable;

/**
 * Where the history of an implicit session stands, and its place in the order of use. Belongs to
 * the table, and changes under its lock.
 */
final class History implements Recognition {
  /** What was asked last; {@code null} while no turn has ended. */
  @Nullable ChainHash asked;

  /** The same with its answer. */
  @Nullable ChainHash answered;

  /** Neighbours in the {@link UseOrder}. */
  @Nullable Session older;

  @Nullable Session newer;
}
