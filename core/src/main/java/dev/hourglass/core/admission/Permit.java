package dev.hourglass.core.admission;

import java.util.concurrent.atomic.AtomicBoolean;

/** A slot in use; given back exactly once, further closes are without effect. */
public final class Permit implements AutoCloseable {
  private final Admission admission;
  private final long sinceNanos;
  private final AtomicBoolean closed = new AtomicBoolean();

  Permit(Admission admission, long sinceNanos) {
    this.admission = admission;
    this.sinceNanos = sinceNanos;
  }

  /** Gives the slot back; who waits for it is told on this thread. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      admission.slotFreed(this);
    }
  }

  long sinceNanos() {
    return sinceNanos;
  }
}
