package dev.hourglass.app;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The order in which the program ends, whatever the order was in which its parts came up. Each part
 * of a phase ends once, in the order they came up, also when an earlier one failed.
 */
final class ShutdownOrder {
  private static final Logger log = LoggerFactory.getLogger(ShutdownOrder.class);

  private final Map<Phase, List<Step>> steps = new EnumMap<>(Phase.class);
  private final CountDownLatch ended = new CountDownLatch(1);
  private boolean begun;

  /** What ends when. */
  enum Phase {
    /** Nobody new is heard; running answers have until the deadline. */
    LISTENING,
    /** Turns that are left are cut, and recorded as such. */
    TURNS,
    /** Sweeps and destructions. */
    BACKGROUND,
    /** What is native is freed, and other servers are let go. */
    ENGINE,
    /** The threads on which everybody talked, engines included. */
    LOOPS,
    /** The last thing, since everything else may still write to it. */
    STORE
  }

  /** The end of one part. */
  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }

  /** Says how a part ends. A part that comes up when the end has begun ends at once. */
  void at(Phase phase, Step step) {
    synchronized (this) {
      if (!begun) {
        steps.computeIfAbsent(phase, _ -> new ArrayList<>()).add(step);
        return;
      }
    }
    run(phase, step);
  }

  /** Ends everything in order. A second caller waits for the first. */
  void run() throws InterruptedException {
    if (begin()) {
      steps.forEach((phase, parts) -> parts.forEach(step -> run(phase, step)));
      ended.countDown();
    }
    ended.await();
  }

  private synchronized boolean begin() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  /** Whether there is something to end. */
  synchronized boolean isOpen() {
    return !begun && !steps.isEmpty();
  }

  /** Waits until everything has ended. */
  void await() throws InterruptedException {
    ended.await();
  }

  private static void run(Phase phase, Step step) {
    try {
      step.run();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (Exception failure) {
      log.error("{} did not end as it should", phase, failure);
    }
  }
}
