package dev.hourglass.core.retention;

import dev.hourglass.core.admission.Timeline;
import dev.hourglass.core.session.SessionId;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The few threads that destroy, and the ids that wait for them. A worker starts when there is work
 * and ends when there is none; one that is not heard of for too long is taken for dead, and its
 * work is given to another.
 */
final class DestructionWorkers {
  private static final Duration GATHERING = Duration.ofMillis(5);

  private final int most;
  private final Executor threads;
  private final Timeline time;
  private final Consumer<SessionId> work;
  private final Queue<SessionId> backlog = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicBoolean gathering = new AtomicBoolean();
  private final Set<Worker> workers = ConcurrentHashMap.newKeySet();

  /**
   * @param threads runs each worker; they block
   * @param work does what can be done for one session now; throws nothing
   */
  DestructionWorkers(int most, Executor threads, Timeline time, Consumer<SessionId> work) {
    this.most = most;
    this.threads = threads;
    this.time = time;
    this.work = work;
  }

  /**
   * Puts a session in line.
   *
   * @throws RejectedExecutionException if there is no thread for it now; it stays in line
   */
  void add(SessionId session) {
    line(session);
    start();
  }

  /**
   * Puts a session in line that nobody waits for. It goes with those that come until {@link
   * #GATHERING} is over, so that a busy gateway wakes a worker for many at once.
   */
  void addUnhurried(SessionId session) {
    line(session);
    if (gathering.compareAndSet(false, true)) {
      time.after(
          GATHERING,
          () -> {
            gathering.set(false);
            start();
          });
    }
  }

  private void line(SessionId session) {
    backlog.add(session);
    waiting.incrementAndGet();
  }

  /** Ids that wait. */
  int waiting() {
    return waiting.get();
  }

  /** Replaces workers that have not been heard of for so long; answers how many. */
  int replaceLost(Duration patience) {
    int lost = 0;
    for (Worker worker : List.copyOf(workers)) {
      if (time.nanos() - worker.seenNanos > patience.toNanos() && workers.remove(worker)) {
        lost++;
        SessionId unfinished = worker.at;
        if (unfinished != null) {
          add(unfinished);
        }
      }
    }
    if (!backlog.isEmpty()) {
      start();
    }
    return lost;
  }

  private void start() {
    Worker worker = new Worker();
    synchronized (this) {
      if (workers.size() >= most) {
        return;
      }
      workers.add(worker);
    }
    try {
      threads.execute(worker);
    } catch (RejectedExecutionException stopped) {
      workers.remove(worker);
      if (workers.isEmpty()) {
        throw stopped;
      }
    }
  }

  private final class Worker implements Runnable {
    private volatile long seenNanos = time.nanos();
    private volatile @Nullable SessionId at;

    @Override
    public void run() {
      try {
        while (workers.contains(this)) {
          SessionId next = backlog.poll();
          if (next == null) {
            break;
          }
          waiting.decrementAndGet();
          seenNanos = time.nanos();
          at = next;
          work.accept(next);
          at = null;
        }
      } finally {
        workers.remove(this);
      }
      // Whoever added while all were busy relied on one of them to look once more.
      if (!backlog.isEmpty()) {
        start();
      }
    }
  }
}
