package dev.hourglass.store.sqlite;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * A few connections that read, opened when they are first needed. In WAL mode they neither wait for
 * the writer nor hold it up.
 */
final class Readers {
  private static final int MOST = 4;

  private final Jdbi jdbi;
  private final Duration patience;
  private final Semaphore permits = new Semaphore(MOST);
  private final Queue<Handle> idle = new ConcurrentLinkedQueue<>();

  /**
   * Readers of one database.
   *
   * @param patience how long a read waits for a connection
   */
  Readers(Jdbi jdbi, Duration patience) {
    this.jdbi = jdbi;
    this.patience = patience;
  }

  /** Reads one state of the database, whatever is written meanwhile. */
  <T> T read(Function<Handle, T> query) throws InterruptedException, TimeoutException {
    if (!permits.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new TimeoutException("all " + MOST + " reading connections are in use");
    }
    try {
      Handle handle = idle.poll();
      if (handle == null) {
        handle = jdbi.open();
      }
      try {
        return Transaction.READ.run(handle, query);
      } finally {
        idle.add(handle);
      }
    } finally {
      permits.release();
    }
  }

  /** Waits for running reads, then closes the connections for good. */
  void close() throws InterruptedException {
    boolean _ = permits.tryAcquire(MOST, patience.toNanos(), TimeUnit.NANOSECONDS);
    for (Handle handle = idle.poll(); handle != null; handle = idle.poll()) {
      handle.close();
    }
  }
}
