package dev.hourglass.core.residency;

import dev.hourglass.core.engine.Demotion;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tiers below an engine: WARM snapshots in host memory, COLD ones on disk, each within its
 * bytes. What the engine lets go enters at WARM; the oldest moves on to COLD when three quarters of
 * WARM are full, and is given up where there is no room. A snapshot is claimed once, for the next
 * turn of its session; one whose session has newer state in the engine is discarded.
 *
 * <p>Everything that touches the disk runs one after the other in the lane, so a deletion never
 * meets a write of the same session. The disk may refuse: then the ladder goes on without it, tries
 * again after a while, and says so once.
 */
public final class SnapshotLadder implements Demotion, ResidencyListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SnapshotLadder.class);
  private static final long COLD_PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

  private final LadderLimits limits;
  private final @Nullable ColdStore cold;
  private final Executor lane;
  private final ResidencyListener listener;
  private final LongSupplier nanoClock;
  private final BreakEven breakEven = new BreakEven();

  // Guarded by this. In the order of demotion; bounded by the bytes of the tiers.
  private final Map<SessionId, Shelved> shelf = new LinkedHashMap<>();
  private long warmBytes;
  private long movingBytes;
  private long coldBytes;
  private long demotionsToWarm;
  private long demotionsToCold;
  private long promotionsFromWarm;
  private long promotionsFromCold;
  private long dropped;
  private long refused;
  private long coldFailures;
  private long restoreNanos;
  private boolean coldPaused;
  private long coldPausedAtNanos;
  private boolean closed;

  /**
   * Creates an empty ladder.
   *
   * @param cold {@code null} where nothing goes to disk
   * @param lane runs one task after the other, in order; they block on the disk
   * @param listener learns what the engine holds, and on which tier a session's snapshot is
   */
  public SnapshotLadder(
      LadderLimits limits,
      @Nullable ColdStore cold,
      Executor lane,
      ResidencyListener listener,
      LongSupplier nanoClock) {
    this.limits = limits;
    this.cold = limits.coldBytes() == 0 ? null : cold;
    this.lane = lane;
    this.listener = listener;
    this.nanoClock = nanoClock;
  }

  /** Where a snapshot stands. */
  private enum Place {
    WARM,
    /** In memory, and being written. */
    MOVING,
    COLD,
    /** Being deleted from disk; nobody can claim it. */
    LEAVING
  }

  /** One session's snapshot. Guarded by the ladder. */
  private static final class Shelved {
    private final ColdStore.Label label;
    private final long bytes;
    private @Nullable KvSnapshot snapshot;
    private int holders = 1;
    private Place place = Place.WARM;
    private long number;

    Shelved(ColdStore.Label label, KvSnapshot snapshot) {
      this.label = label;
      this.snapshot = snapshot;
      this.bytes = snapshot.bytes().byteSize();
    }
  }

  /** A snapshot on its way back into the engine. Whoever has it closes it. */
  final class Claim implements AutoCloseable {
    private final KvSnapshot snapshot;
    private final Runnable end;
    private final Residency from;

    private Claim(KvSnapshot snapshot, Residency from, Runnable end) {
      this.snapshot = snapshot;
      this.from = from;
      this.end = end;
    }

    KvSnapshot snapshot() {
      return snapshot;
    }

    /** Notes that the engine has the state again. */
    void applied(int kvTokens, long nanos) {
      breakEven.restored(kvTokens, nanos);
      synchronized (SnapshotLadder.this) {
        restoreNanos += nanos;
        if (from == Residency.WARM) {
          promotionsFromWarm++;
        } else {
          promotionsFromCold++;
        }
      }
    }

    /** Notes that the engine did not take it. */
    void refused() {
      synchronized (SnapshotLadder.this) {
        refused++;
      }
    }

    @Override
    public void close() {
      end.run();
    }
  }

  // --- down ------------------------------------------------------------------------------------

  @Override
  public boolean wanted(SessionId session, int kvTokens) {
    return limits.warmBytes() > 0 && breakEven.worthKeeping(kvTokens);
  }

  @Override
  public void demoted(SessionId session, TenantId tenant, KvSnapshot snapshot) {
    ColdStore.Label label =
        new ColdStore.Label(session, tenant, snapshot.fingerprint(), snapshot.kvTokens());
    Shelved entry = new Shelved(label, snapshot);
    synchronized (this) {
      removeNow(session);
      while (warmBytes + entry.bytes > limits.warmBytes() && dropOldestWarm()) {}
      if (closed || warmBytes + entry.bytes > limits.warmBytes() || shelf.containsKey(session)) {
        dropped++;
        snapshot.close();
        return;
      }
      shelf.put(session, entry);
      warmBytes += entry.bytes;
      demotionsToWarm++;
      listener.shelved(session, Residency.WARM);
      moveOldestToCold();
    }
  }

  private boolean dropOldestWarm() {
    for (Shelved entry : shelf.values()) {
      if (entry.place == Place.WARM) {
        dropped++;
        removeNow(entry.label.session());
        return true;
      }
    }
    return false;
  }

  private void moveOldestToCold() {
    if (cold == null || pausing()) {
      return;
    }
    long startAt = limits.warmBytes() / 4 * 3;
    for (Shelved entry : shelf.values()) {
      if (warmBytes - movingBytes <= startAt) {
        return;
      }
      if (entry.place == Place.WARM && entry.bytes <= limits.coldBytes()) {
        entry.place = Place.MOVING;
        entry.holders++;
        movingBytes += entry.bytes;
        inLane(() -> move(entry));
      }
    }
  }

  private boolean pausing() {
    return coldPaused && nanoClock.getAsLong() - coldPausedAtNanos < COLD_PAUSE_NANOS;
  }

  /** Writes an entry to disk. In the lane. */
  private void move(Shelved entry) {
    ColdStore store = Objects.requireNonNull(cold);
    long number = 0;
    boolean written = false;
    try {
      if (reserveCold(entry)) {
        number = store.write(entry.label, Objects.requireNonNull(entry.snapshot).bytes());
        written = true;
      }
    } catch (ColdStoreException failure) {
      coldFailed(failure);
      synchronized (this) {
        coldBytes -= entry.bytes;
      }
    }
    boolean unwanted;
    synchronized (this) {
      movingBytes -= entry.bytes;
      unwanted = shelf.get(entry.label.session()) != entry;
      if (!unwanted) {
        entry.place = written ? Place.COLD : Place.WARM;
        entry.number = number;
        if (written) {
          coldPaused = false;
          demotionsToCold++;
          listener.shelved(entry.label.session(), Residency.COLD);
          letGo(entry);
        }
      }
      letGo(entry);
    }
    if (unwanted && written) {
      deleteCold(number, entry.bytes);
    }
  }

  /** Makes room on disk, and books it; {@code false} where the snapshot went meanwhile. */
  private boolean reserveCold(Shelved entry) {
    while (true) {
      Shelved oldest = null;
      synchronized (this) {
        if (shelf.get(entry.label.session()) != entry) {
          return false;
        }
        if (coldBytes + entry.bytes <= limits.coldBytes()) {
          coldBytes += entry.bytes;
          return true;
        }
        for (Shelved candidate : shelf.values()) {
          if (candidate.place == Place.COLD) {
            oldest = candidate;
            break;
          }
        }
        if (oldest == null) {
          return false;
        }
        dropped++;
        oldest.place = Place.LEAVING;
      }
      if (!delete(oldest)) {
        return false;
      }
    }
  }

  // --- up --------------------------------------------------------------------------------------

  /** Whether the session has a snapshot that a turn could claim. */
  synchronized boolean holds(SessionId session) {
    Shelved entry = shelf.get(session);
    return entry != null && entry.place != Place.LEAVING;
  }

  /**
   * Takes the session's snapshot off the ladder; {@code null} where there is none that is sound and
   * the tenant's own. Completes at once from WARM, in the lane from COLD.
   */
  CompletionStage<@Nullable Claim> claim(SessionId session, TenantId tenant) {
    CompletableFuture<@Nullable Claim> claimed = new CompletableFuture<>();
    synchronized (this) {
      Shelved entry = shelf.get(session);
      if (entry == null || entry.place == Place.LEAVING) {
        claimed.complete(null);
      } else if (!entry.label.tenant().equals(tenant)) {
        refused++;
        removeNow(session);
        claimed.complete(null);
      } else if (entry.place == Place.COLD) {
        entry.place = Place.LEAVING;
        if (!inLane(() -> claimed.complete(readCold(entry)))) {
          claimed.complete(null);
        }
      } else {
        shelf.remove(session);
        listener.shelved(session, Residency.TRANSCRIPT);
        claimed.complete(
            new Claim(
                Objects.requireNonNull(entry.snapshot),
                Residency.WARM,
                () -> {
                  synchronized (this) {
                    letGo(entry);
                  }
                }));
      }
    }
    return claimed;
  }

  /** Reads an entry back and deletes it from disk. In the lane. */
  private @Nullable Claim readCold(Shelved entry) {
    KvSnapshot snapshot = null;
    try {
      snapshot = Objects.requireNonNull(cold).read(entry.number, entry.label);
    } catch (ColdStoreException failure) {
      log.warn("A snapshot on disk is refused: {}", failure.getMessage());
      synchronized (this) {
        refused++;
      }
    }
    var _ = delete(entry);
    if (snapshot == null) {
      return null;
    }
    KvSnapshot read = snapshot;
    synchronized (this) {
      warmBytes += entry.bytes;
    }
    return new Claim(
        read,
        Residency.COLD,
        () -> {
          read.close();
          synchronized (this) {
            warmBytes -= entry.bytes;
          }
        });
  }

  // --- away ------------------------------------------------------------------------------------

  /**
   * Removes the session's snapshot from every tier; completes when it is gone, or when the disk
   * would not let it go, which {@link #kvTokens} then tells.
   */
  CompletionStage<Void> discard(SessionId session) {
    CompletableFuture<Void> gone = new CompletableFuture<>();
    boolean nothingOnDisk;
    synchronized (this) {
      removeNow(session);
      nothingOnDisk = !shelf.containsKey(session) && movingBytes == 0;
    }
    // What is written or deleted at the moment has left the lane before this completes.
    if (nothingOnDisk || !inLane(() -> gone.complete(null))) {
      gone.complete(null);
    }
    return gone;
  }

  /** KV tokens that any tier still keeps for the session. */
  synchronized int kvTokens(SessionId session) {
    Shelved entry = shelf.get(session);
    return entry == null ? 0 : entry.label.kvTokens();
  }

  /** Takes an entry off at once, or has the lane delete it. Under the lock. */
  private void removeNow(SessionId session) {
    Shelved entry = shelf.get(session);
    if (entry == null) {
      return;
    }
    if (entry.place == Place.WARM || entry.place == Place.MOVING) {
      shelf.remove(session);
      listener.shelved(session, Residency.TRANSCRIPT);
      letGo(entry);
    } else {
      entry.place = Place.LEAVING;
      inLane(() -> delete(entry));
    }
  }

  /** Deletes an entry from disk, and forgets it once that has worked. In the lane. */
  private boolean delete(Shelved entry) {
    synchronized (this) {
      if (shelf.get(entry.label.session()) != entry) {
        return true;
      }
    }
    if (!deleteCold(entry.number, entry.bytes)) {
      return false;
    }
    synchronized (this) {
      shelf.remove(entry.label.session(), entry);
      listener.shelved(entry.label.session(), Residency.TRANSCRIPT);
    }
    return true;
  }

  private boolean deleteCold(long number, long bytes) {
    try {
      Objects.requireNonNull(cold).delete(number);
    } catch (ColdStoreException failure) {
      coldFailed(failure);
      return false;
    }
    synchronized (this) {
      coldBytes -= bytes;
    }
    return true;
  }

  /** One holder less; the last one frees the memory. Under the lock. */
  private void letGo(Shelved entry) {
    entry.holders--;
    if (entry.holders == 0 && entry.snapshot != null) {
      entry.snapshot.close();
      entry.snapshot = null;
      warmBytes -= entry.bytes;
    }
  }

  private void coldFailed(ColdStoreException failure) {
    boolean first;
    synchronized (this) {
      coldFailures++;
      first = !coldPaused;
      coldPaused = true;
      coldPausedAtNanos = nanoClock.getAsLong();
    }
    if (first) {
      log.warn("Snapshots stay in memory only for a while: {}", failure.getMessage());
    }
  }

  private boolean inLane(Runnable task) {
    try {
      lane.execute(task);
      return true;
    } catch (RejectedExecutionException closedLane) {
      return false;
    }
  }

  // --- what is seen ----------------------------------------------------------------------------

  @Override
  public void residencyChanged(SessionId session, int kvTokens) {
    if (kvTokens > 0) {
      // The engine's state is newer than any snapshot of it.
      synchronized (this) {
        removeNow(session);
      }
    }
    listener.residencyChanged(session, kvTokens);
  }

  /** Notes how long the engine took for tokens of a prompt. */
  void prefilled(int tokens, long nanos) {
    breakEven.prefilled(tokens, nanos);
  }

  /** A look at everything at one moment. */
  public synchronized LadderStats stats() {
    int coldSessions = 0;
    for (Shelved entry : shelf.values()) {
      if (entry.place == Place.COLD || entry.place == Place.LEAVING) {
        coldSessions++;
      }
    }
    return new LadderStats(
        shelf.size() - coldSessions,
        coldSessions,
        warmBytes,
        coldBytes,
        demotionsToWarm,
        demotionsToCold,
        promotionsFromWarm,
        promotionsFromCold,
        dropped,
        refused,
        coldFailures,
        restoreNanos,
        breakEven.tokens());
  }

  /** Frees all memory, and has the lane delete everything on disk. Idempotent. */
  @Override
  public void close() {
    CompletableFuture<Void> empty = new CompletableFuture<>();
    synchronized (this) {
      closed = true;
      List.copyOf(shelf.keySet()).forEach(this::removeNow);
    }
    Runnable last =
        () -> {
          if (cold != null) {
            cold.close();
          }
          empty.complete(null);
        };
    if (inLane(last)) {
      empty.join();
    }
  }
}
