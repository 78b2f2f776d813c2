package dev.hourglass.core.admission;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Time as a clock and an executor tell it. */
public final class ScheduledTimeline implements Timeline {
  private static final Logger log = LoggerFactory.getLogger(ScheduledTimeline.class);

  private final ScheduledExecutorService executor;
  private final LongSupplier nanoClock;

  /**
   * Creates a timeline.
   *
   * @param executor runs what is due; once it is shut down, nothing falls due any more
   * @param nanoClock one that only goes forward
   */
  public ScheduledTimeline(ScheduledExecutorService executor, LongSupplier nanoClock) {
    this.executor = executor;
    this.nanoClock = nanoClock;
  }

  @Override
  public long nanos() {
    return nanoClock.getAsLong();
  }

  @Override
  public void after(Duration delay, Runnable action) {
    try {
      var _ = executor.schedule(() -> run(action), delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException stopped) {
      log.debug("nothing falls due any more", stopped);
    }
  }

  private static void run(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException defect) {
      log.error("what fell due broke off", defect);
    }
  }
}
