package dev.hourglass.core.routing;

/**
 * How many retries a pool can afford: a tenth of its generations, and a few that it starts with.
 * Every generation pays a tenth in, every retry takes one out; what is saved up is bounded, so that
 * a quiet day does not buy a storm. Not safe for use by several threads.
 */
final class RetryBudget {
  private static final int TENTHS_PER_RETRY = 10;
  private static final int RESERVE = 10 * TENTHS_PER_RETRY;
  private static final int MOST = 100 * TENTHS_PER_RETRY;

  // In tenths, since ten times 0.1 is less than 1.
  private int tenths = RESERVE;

  /** A generation began. */
  void earn() {
    tenths = Math.min(tenths + 1, MOST);
  }

  /** Takes one retry out; {@code false} where nothing is left. */
  boolean spend() {
    if (tenths < TENTHS_PER_RETRY) {
      return false;
    }
    tenths -= TENTHS_PER_RETRY;
    return true;
  }

  /** Retries that could be made now. */
  int left() {
    return tenths / TENTHS_PER_RETRY;
  }
}
