package dev.hourglass.core.load.live;

import dev.hourglass.core.load.live.SensorHealth.State;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one sensor's faults to itself.
 *
 * <p>The sensor is read on a thread of its own, at most one reading at a time. A reading that
 * throws counts as a failure; one past its deadline does too, is interrupted and not believed, and
 * the sensor is asked again only when it is back: a sensor that never returns costs one thread.
 */
final class SensorGuard {
  private static final Logger log = LoggerFactory.getLogger(SensorGuard.class);

  private final Sensor sensor;
  private final Executor executor;
  private final LongSupplier nanoClock;

  // Guarded by this.
  private @Nullable Attempt running;
  private List<Reading> readings = List.of();
  private long takenNanos;
  private long failures;
  private State state = State.FINE;
  private @Nullable String problem;

  SensorGuard(Sensor sensor, Executor executor, LongSupplier nanoClock) {
    this.sensor = sensor;
    this.executor = executor;
    this.nanoClock = nanoClock;
  }

  Sensor sensor() {
    return sensor;
  }

  /** Begins a reading, unless the last one still runs. */
  void poll() {
    Attempt attempt;
    synchronized (this) {
      if (running != null) {
        running.stopIfLate(nanoClock.getAsLong());
        return;
      }
      attempt = new Attempt(nanoClock.getAsLong());
      running = attempt;
    }
    try {
      executor.execute(attempt);
    } catch (RejectedExecutionException stopping) {
      end(attempt, null, stopping);
    }
  }

  /** Takes what was read since the last call; empty where nothing was. */
  synchronized Taken take() {
    Taken taken = new Taken(readings, takenNanos);
    readings = List.of();
    return taken;
  }

  /** Readings, and when the reading of them began. */
  record Taken(List<Reading> readings, long takenNanos) {}

  synchronized SensorHealth health() {
    return new SensorHealth(sensor.name(), state, failures, problem);
  }

  private synchronized void end(
      Attempt attempt, @Nullable List<Reading> read, @Nullable Throwable failure) {
    running = null;
    if (attempt.late) {
      return; // counted when its deadline came
    }
    if (failure != null) {
      failed(State.FAILING, failure.getClass().getSimpleName());
      log.debug("sensor {} failed", sensor.name(), failure);
    } else if (read != null) {
      readings = read;
      takenNanos = attempt.beganNanos;
      state = State.FINE;
    }
  }

  private void failed(State how, String what) {
    failures++;
    if (state == State.FINE) {
      log.warn("sensor {} is {}: {}", sensor.name(), how.wireName(), what);
    }
    state = how;
    problem = what;
  }

  private static List<Reading> checked(Sensor sensor) throws Exception {
    List<Reading> read = List.copyOf(sensor.read());
    for (Reading reading : read) {
      if (!sensor.series().contains(reading.series())) {
        throw new IllegalStateException(
            "sensor " + sensor.name() + " read " + reading.series() + ", which it never named");
      }
    }
    return read;
  }

  /** One reading on its way. */
  private final class Attempt implements Runnable {
    private final long beganNanos;

    // Guarded by the guard.
    private @Nullable Thread thread;
    private boolean late;

    private Attempt(long beganNanos) {
      this.beganNanos = beganNanos;
    }

    @Override
    public void run() {
      synchronized (SensorGuard.this) {
        thread = Thread.currentThread();
      }
      List<Reading> read = null;
      Throwable failure = null;
      try {
        read = checked(sensor);
      } catch (Throwable any) {
        // Also a native library that is not there: an error as well, and the sensor's own matter.
        failure = any;
      }
      synchronized (SensorGuard.this) {
        thread = null;
        // An interruption that came too late is not for whatever this thread does next.
        var _ = late && Thread.interrupted();
        end(this, read, failure);
      }
    }

    private void stopIfLate(long now) {
      if (!late && now - beganNanos > sensor.deadline().toNanos()) {
        late = true;
        failed(State.HANGING, "no answer within " + sensor.deadline().toMillis() + " ms");
        if (thread != null) {
          thread.interrupt();
        }
      }
    }
  }
}
