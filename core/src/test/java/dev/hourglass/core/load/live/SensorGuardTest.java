package dev.hourglass.core.load.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.load.live.SensorHealth.State;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Whatever a sensor does, its guard returns at once. */
class SensorGuardTest {
  private static final Series CPU = new Series(LoadSignal.HOST_CPU, Series.HOST);

  private final VirtualTime time = new VirtualTime();

  /** Tasks that run when a test says so: one that it never runs hangs. */
  private final Queue<Runnable> tasks = new ArrayDeque<>();

  private interface Read {
    List<Reading> read() throws Exception;
  }

  private record TestSensor(Read source) implements Sensor {
    @Override
    public String name() {
      return "test";
    }

    @Override
    public Set<Series> series() {
      return Set.of(CPU);
    }

    @Override
    public List<Reading> read() throws Exception {
      return source.read();
    }
  }

  private SensorGuard guard(Read source) {
    return new SensorGuard(new TestSensor(source), tasks::add, time);
  }

  private void runTasks() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  @Test
  void aReadingIsTakenOnceWithTheTimeItBegan() {
    SensorGuard guard = guard(() -> List.of(Reading.now(LoadSignal.HOST_CPU, Series.HOST, 0.5)));
    time.passMillis(1_000);
    guard.poll();
    time.passMillis(300);
    runTasks();

    SensorGuard.Taken taken = guard.take();
    assertThat(taken.readings()).hasSize(1);
    assertThat(taken.takenNanos()).isEqualTo(Duration.ofSeconds(1).toNanos());
    assertThat(guard.take().readings()).isEmpty();
    assertThat(guard.health().state()).isEqualTo(State.FINE);
  }

  @Test
  void whatThrowsIsCountedAndTriedAgain() {
    AtomicInteger calls = new AtomicInteger();
    SensorGuard guard =
        guard(() -> {
          if (calls.incrementAndGet() == 1) {
            throw new IllegalStateException("no such file");
          }
          return List.of(Reading.now(LoadSignal.HOST_CPU, Series.HOST, 0.5));
        });
    guard.poll();
    runTasks();
    assertThat(guard.health())
        .isEqualTo(new SensorHealth("test", State.FAILING, 1, "IllegalStateException"));

    guard.poll();
    runTasks();
    assertThat(guard.take().readings()).hasSize(1);
    assertThat(guard.health().state()).isEqualTo(State.FINE);
    assertThat(guard.health().failures()).isEqualTo(1);
  }

  @Test
  void anErrorOfANativeLibraryIsTheSensorsOwnMatter() {
    SensorGuard guard =
        guard(() -> {
          throw new UnsatisfiedLinkError("libsomething");
        });
    guard.poll();
    runTasks();
    assertThat(guard.health().problem()).isEqualTo("UnsatisfiedLinkError");
  }

  @Test
  void aReadingThatWasNeverNamedIsAFault() {
    SensorGuard guard = guard(() -> List.of(Reading.now(LoadSignal.HOST_MEMORY, Series.HOST, 0.5)));
    guard.poll();
    runTasks();
    assertThat(guard.take().readings()).isEmpty();
    assertThat(guard.health().state()).isEqualTo(State.FAILING);
  }

  @Test
  void whatHangsIsNotAskedAgainAndNotBelievedLater() {
    SensorGuard guard = guard(() -> List.of(Reading.now(LoadSignal.HOST_CPU, Series.HOST, 0.5)));
    for (int second = 0; second < 60; second++) {
      guard.poll();
      time.passMillis(1_000);
    }
    assertThat(tasks).as("one thread, however long it hangs").hasSize(1);
    assertThat(guard.health().state()).isEqualTo(State.HANGING);
    assertThat(guard.health().failures()).isEqualTo(1);

    runTasks();
    assertThat(guard.take().readings()).as("a minute late").isEmpty();

    guard.poll();
    runTasks();
    assertThat(guard.take().readings()).hasSize(1);
    assertThat(guard.health().state()).isEqualTo(State.FINE);
  }

  @Test
  void whatHangsIsInterruptedAtItsDeadline() throws InterruptedException {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      SensorGuard guard =
          new SensorGuard(
              new TestSensor(() -> {
                reading.countDown();
                try {
                  new CountDownLatch(1).await();
                } catch (InterruptedException stop) {
                  interrupted.countDown();
                  throw stop;
                }
                return List.of();
              }),
              threads,
              time);
      guard.poll();
      reading.await();
      time.passMillis(2_000);
      guard.poll();
      assertThat(interrupted.getCount()).as("not before the deadline has passed").isEqualTo(1);

      time.passMillis(1);
      guard.poll();
      interrupted.await();
      assertThat(guard.health().state()).isEqualTo(State.HANGING);
      assertThat(guard.health().problem()).isEqualTo("no answer within 2000 ms");
    }
  }

  @Test
  void anExecutorThatTakesNothingMoreIsAFailureLikeAnyOther() {
    SensorGuard guard =
        new SensorGuard(
            new TestSensor(List::of),
            _ -> {
              throw new RejectedExecutionException("closing");
            },
            time);
    guard.poll();
    guard.poll();
    assertThat(guard.health().failures()).isEqualTo(2);
  }
}
