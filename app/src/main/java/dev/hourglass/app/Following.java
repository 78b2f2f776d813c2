package dev.hourglass.app;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Goes by what somebody has seen, away from whoever looks every second: one change at a time. */
final class Following {
  private static final Logger log = LoggerFactory.getLogger(Following.class);

  private final Executor blocking;
  private final AtomicBoolean underWay = new AtomicBoolean();

  Following(Executor blocking) {
    this.blocking = blocking;
  }

  /** What is done; may block. */
  interface Step {
    void run() throws InterruptedException;
  }

  /**
   * Begins a step; {@code false} while the one before is under way, and then nothing happens.
   *
   * @param seen what the step goes by, for the log where it fails
   */
  boolean begin(Object seen, Step step) {
    if (!underWay.compareAndSet(false, true)) {
      return false;
    }
    blocking.execute(() -> {
      try {
        step.run();
      } catch (InterruptedException stopping) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException failure) {
        log.error("{} has changed, and could not be followed", seen, failure);
      } finally {
        underWay.set(false);
      }
    });
    return true;
  }
}
