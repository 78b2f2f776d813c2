package dev.hourglass.core.retention;

import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * How far the destruction of one session has come. It is handed from worker to worker; thread-safe,
 * since one that was taken for dead may come back.
 */
final class Ending {
  private final Session session;
  private final DestructionReason reason;
  private final Instant startedAt;
  private final long startedNanos;
  private final CompletableFuture<DestructionReceipt> receipt = new CompletableFuture<>();

  private final Map<Stage, StageResult> results = new EnumMap<>(Stage.class);
  private final Set<String> hooksDone = ConcurrentHashMap.newKeySet(1);
  private final AtomicBoolean parked = new AtomicBoolean();
  private Residue residue = new Residue.Unknown();
  private long waitingSinceNanos = -1;
  private int tries;

  Ending(Session session, DestructionReason reason, Instant startedAt, long startedNanos) {
    this.session = session;
    this.reason = reason;
    this.startedAt = startedAt;
    this.startedNanos = startedNanos;
  }

  Session session() {
    return session;
  }

  DestructionReason reason() {
    return reason;
  }

  long startedNanos() {
    return startedNanos;
  }

  CompletableFuture<DestructionReceipt> receipt() {
    return receipt;
  }

  Set<String> hooksDone() {
    return hooksDone;
  }

  /** Whether nothing has been tried yet. */
  synchronized boolean fresh() {
    return results.isEmpty();
  }

  /** Tries that came to an end. */
  synchronized int tries() {
    return tries;
  }

  synchronized void tried() {
    tries++;
  }

  synchronized boolean done(Stage stage) {
    StageResult result = results.get(stage);
    return result != null && result.outcome() != Outcome.FAILED;
  }

  boolean anyFailed() {
    return firstFailed() != null;
  }

  boolean anyFailedBefore(Stage end) {
    Stage failed = firstFailed();
    return failed != null && failed.compareTo(end) < 0;
  }

  private synchronized @Nullable Stage firstFailed() {
    for (StageResult result : results.values()) {
      if (result.outcome() == Outcome.FAILED) {
        return result.stage();
      }
    }
    return null;
  }

  /** Notes a try of a stage; the time of earlier tries is part of it. */
  synchronized void note(Stage stage, Outcome outcome, long tookNanos) {
    StageResult earlier = results.get(stage);
    Duration took = Duration.ofNanos(Math.max(0, tookNanos));
    results.put(
        stage, new StageResult(stage, outcome, earlier == null ? took : took.plus(earlier.took())));
  }

  /** Turns what looked well into a failure, so that it is tried again. */
  synchronized void refute(Stage stage) {
    note(stage, Outcome.FAILED, 0);
  }

  synchronized void left(Residue counted) {
    residue = counted;
  }

  /** Begins to wait for the session's leases; {@code false} if it has waited before. */
  synchronized boolean park(long nanos) {
    if (waitingSinceNanos >= 0) {
      return false;
    }
    waitingSinceNanos = nanos;
    parked.set(true);
    return true;
  }

  /** Ends the waiting; only the first call answers {@code true}. */
  boolean unpark() {
    return parked.compareAndSet(true, false);
  }

  /** Since when it has waited for leases, or now. */
  synchronized long waitingSince(long nanos) {
    return waitingSinceNanos >= 0 && !results.containsKey(Stage.COMPUTE)
        ? waitingSinceNanos
        : nanos;
  }

  synchronized DestructionReceipt toReceipt() {
    return new DestructionReceipt(
        session.id(), session.tenant(), reason, startedAt, List.copyOf(results.values()), residue);
  }
}
