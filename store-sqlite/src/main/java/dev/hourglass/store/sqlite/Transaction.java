package dev.hourglass.store.sqlite;

import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/**
 * How a transaction begins. It commits when its work returns, and rolls back when that throws.
 *
 * <p>The statements are SQLite's own, on a connection that stays in auto-commit mode. Switching
 * that mode off, the way of JDBC, goes wrong where SQLite has rolled back by itself, as it does
 * when the disk is full: the driver then takes the connection to be in a transaction that is gone.
 */
enum Transaction {
  /** Reads one state of the database. */
  READ("BEGIN"),
  /** Takes the write lock at once, so that it cannot fail for a lock in the middle. */
  WRITE("BEGIN IMMEDIATE");

  private final String begin;

  Transaction(String begin) {
    this.begin = begin;
  }

  <T> T run(Handle handle, Function<Handle, T> work) {
    handle.execute(begin);
    try {
      T result = work.apply(handle);
      handle.execute("COMMIT");
      return result;
    } catch (RuntimeException | Error failure) {
      rollBack(handle, failure);
      throw failure;
    }
  }

  private static void rollBack(Handle handle, Throwable failure) {
    try {
      handle.execute("ROLLBACK");
    } catch (JdbiException rolledBackAlready) {
      failure.addSuppressed(rolledBackAlready);
    }
  }
}
