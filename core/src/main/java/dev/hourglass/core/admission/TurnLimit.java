package dev.hourglass.core.admission;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Bounds how many turns are in the house at once, waiting ones included. */
public final class TurnLimit {
  private final int most;
  private final AtomicInteger current = new AtomicInteger();

  /**
   * Creates a limit.
   *
   * @param most at least 1
   */
  public TurnLimit(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("turn limit: " + most + " (expected: >= 1)");
    }
    this.most = most;
  }

  /** Empty when the limit is reached. */
  public Optional<Permit> acquire() {
    int before = current.getAndUpdate(count -> count < most ? count + 1 : count);
    return before < most ? Optional.of(new Permit()) : Optional.empty();
  }

  public int most() {
    return most;
  }

  public int current() {
    return current.get();
  }

  /** A place under the limit; given back exactly once, further closes are without effect. */
  public final class Permit implements AutoCloseable {
    private final AtomicBoolean closed = new AtomicBoolean();

    private Permit() {}

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        current.decrementAndGet();
      }
    }
  }
}
