package dev.hourglass.app;

import dev.hourglass.core.retention.Sweep;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the gateway does without being asked: the sweeps, and the tasks that block. */
final class Background {
  private static final Logger log = LoggerFactory.getLogger(Background.class);
  private static final Duration END_DEADLINE = Duration.ofSeconds(10);

  private final ScheduledExecutorService schedule;
  private final ScheduledExecutorService seconds =
      Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().name("second").factory());
  private final ExecutorService blocking;

  private Background(ScheduledExecutorService schedule, ExecutorService blocking) {
    this.schedule = schedule;
    this.blocking = blocking;
  }

  /** Sweeps after each interval, until closed. */
  static Background start(Sweep sweep, Duration interval, ExecutorService blocking) {
    ScheduledExecutorService schedule =
        Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().name("sweep").factory());
    Background background = new Background(schedule, blocking);
    background.every(
        interval,
        () -> {
          var _ = sweep.run();
        });
    return background;
  }

  /** Does something else after each interval, until closed. */
  void every(Duration interval, Runnable look) {
    var _ =
        schedule.scheduleWithFixedDelay(
            () -> run(look), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Does something every second, beside the rest, which may take long; until closed. */
  void everySecond(Runnable look) {
    var _ = seconds.scheduleWithFixedDelay(() -> run(look), 1, 1, TimeUnit.SECONDS);
  }

  /** Does something every second on a thread that is somebody else's to close. */
  void everySecond(Runnable look, ScheduledExecutorService thread) {
    var _ = thread.scheduleWithFixedDelay(() -> run(look), 1, 1, TimeUnit.SECONDS);
  }

  /** One failed look must not be the last one, whatever it failed by. */
  static void run(Runnable look) {
    try {
      look.run();
    } catch (RuntimeException | Error failure) {
      log.error("a periodic look failed", failure);
    }
  }

  /** Begins nothing new, and gives what is under way some time to end. */
  void close() throws InterruptedException {
    schedule.shutdownNow();
    seconds.shutdownNow();
    blocking.shutdown();
    if (!blocking.awaitTermination(END_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
      blocking.shutdownNow();
    }
  }
}
