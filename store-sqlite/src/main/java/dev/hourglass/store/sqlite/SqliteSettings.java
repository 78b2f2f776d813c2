package dev.hourglass.store.sqlite;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where and how an SQLite store keeps its sessions.
 *
 * @param path the database file; created where it is missing, its folder too
 * @param synchronous what a commit survives
 * @param receiptsKept how many destruction receipts are kept, at least 1
 * @param erasureDelay how long erased text may stay in the database's log before the log is
 *     emptied, once for all that was erased meanwhile; zero empties it within the erasing call; up
 *     to 1 minute
 * @param busyTimeout how long a call waits for the file before it fails; 1 ms to 1 hour
 */
public record SqliteSettings(
    Path path,
    Synchronous synchronous,
    int receiptsKept,
    Duration erasureDelay,
    Duration busyTimeout) {
  /** How long erased text may stay in the log where nothing is said. */
  public static final Duration DEFAULT_ERASURE_DELAY = Duration.ofMillis(100);

  private static final Duration LONGEST_ERASURE_DELAY = Duration.ofMinutes(1);
  private static final Duration LONGEST_BUSY_TIMEOUT = Duration.ofHours(1);

  public SqliteSettings {
    if (receiptsKept < 1) {
      throw new IllegalArgumentException("receipts kept: " + receiptsKept + " (expected: >= 1)");
    }
    if (erasureDelay.isNegative() || erasureDelay.compareTo(LONGEST_ERASURE_DELAY) > 0) {
      throw new IllegalArgumentException(
          "erasure delay: " + erasureDelay + " (expected: 0 to 1 minute)");
    }
    if (busyTimeout.toMillis() < 1 || busyTimeout.compareTo(LONGEST_BUSY_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "busy timeout: " + busyTimeout + " (expected: 1 ms to 1 hour)");
    }
  }

  /** What a commit survives. */
  public enum Synchronous {
    /**
     * A process that is killed. The commit is in the operating system's hands; a power loss may
     * take the last turns, never the consistency of the file. Syncs at checkpoints only.
     */
    NORMAL,
    /** A power loss too: every commit is synced to the medium. */
    FULL
  }
}
