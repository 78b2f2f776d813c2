package dev.hourglass.core.residency;

import dev.hourglass.core.engine.Demotion;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.StateRelease;
import dev.hourglass.core.retention.Departure;
import dev.hourglass.core.retention.KeepingOrder;
import dev.hourglass.core.session.Residency;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tiers below an engine: WARM snapshots in host memory, COLD ones on disk, each within its
 * bytes. What the engine lets go enters at WARM; what is worth least moves on to COLD when three
 * quarters of WARM are full or another such state would not fit, and is given up where there is no
 * room. A snapshot is claimed once, for the next turn of its session; one whose session has newer
 * state in the engine is discarded.
 *
 * <p>Everything that touches the disk runs one after the other in the lane, so a deletion never
 * meets a write of the same session. The disk may refuse: then the ladder goes on without it, tries
 * again after a while, and says so once.
 */
public final class SnapshotLadder implements Demotion, ResidencyListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SnapshotLadder.class);
  private static final long COLD_PAUSE_NANOS = Duration.ofMinutes(1).toNanos();
  private static final int LOOKED_AT = 64;

  private final LadderLimits limits;
  private final @Nullable ColdStore cold;
  private final Executor lane;
  private final ResidencyListener listener;
  private final LongSupplier nanoClock;
  private final KeepingOrder order;
  private final BreakEven breakEven;
  private final RandomGenerator random;

  // Guarded by this. Bounded by the bytes of the tiers.
  private final Map<SessionId, Shelved> shelf = new HashMap<>();
  private final Shelf warm = new Shelf();
  private final Shelf onDisk = new Shelf();
  private long demotions;
  private long warmBytes;
  private long movingBytes;
  private int leaving;
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
   * @param order decides what goes first, tier by tier
   * @param breakEven learns what restores and prefills take
   * @param random draws those who are looked at where they are many
   */
  public SnapshotLadder(
      LadderLimits limits,
      @Nullable ColdStore cold,
      Executor lane,
      ResidencyListener listener,
      KeepingOrder order,
      BreakEven breakEven,
      LongSupplier nanoClock,
      RandomGenerator random) {
    this.limits = limits;
    this.cold = limits.coldBytes() == 0 ? null : cold;
    this.lane = lane;
    this.listener = listener;
    this.order = order;
    this.breakEven = breakEven;
    this.nanoClock = nanoClock;
    this.random = random;
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
    private final long demotion;
    private @Nullable KvSnapshot snapshot;
    private int holders = 1;
    private Place place = Place.WARM;
    private long number;
    private int index;

    Shelved(ColdStore.Label label, KvSnapshot snapshot, long demotion) {
      this.label = label;
      this.snapshot = snapshot;
      this.bytes = snapshot.bytes().byteSize();
      this.demotion = demotion;
    }
  }

  /** The snapshots at one place that may be moved on or given up. Guarded by the ladder. */
  private final class Shelf {
    private final List<Shelved> entries = new ArrayList<>();

    void add(Shelved entry) {
      entry.index = entries.size();
      entries.add(entry);
    }

    void remove(Shelved entry) {
      Shelved last = entries.removeLast();
      if (last != entry) {
        entries.set(entry.index, last);
        last.index = entry.index;
      }
    }

    /** Worth least, of all where they are few, else of some drawn at random; then the oldest. */
    @Nullable Shelved least(Residency tier) {
      Shelved least = null;
      double leastWorth = 0;
      for (int look = 0; look < Math.min(LOOKED_AT, entries.size()); look++) {
        Shelved entry =
            entries.get(entries.size() <= LOOKED_AT ? look : random.nextInt(entries.size()));
        double worth = order.worth(entry.label.session(), tier, entry.label.kvTokens());
        if (least == null
            || worth < leastWorth
            || (worth == leastWorth && entry.demotion < least.demotion)) {
          least = entry;
          leastWorth = worth;
        }
      }
      return least;
    }
  }

  /** A snapshot on its way back into the engine. Whoever has it closes it. */
  final class Claim implements AutoCloseable {
    private final SessionId session;
    private final KvSnapshot snapshot;
    private final Residency from;
    private final Runnable end;
    private final Runnable unneeded;

    private Claim(
        SessionId session, KvSnapshot snapshot, Residency from, Runnable end, Runnable unneeded) {
      this.session = session;
      this.snapshot = snapshot;
      this.from = from;
      this.end = end;
      this.unneeded = unneeded;
    }

    KvSnapshot snapshot() {
      return snapshot;
    }

    /** Notes that the engine has the state again. */
    void applied(int kvTokens, long nanos) {
      breakEven.restored(from, kvTokens, nanos);
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
        order.leaves(session, from, Departure.REFUSED);
      }
    }

    /** Closes it, and puts the snapshot back on the ladder: nobody came to need it. */
    void giveBack() {
      unneeded.run();
    }

    @Override
    public void close() {
      end.run();
    }
  }

  // --- down ------------------------------------------------------------------------------------

  @Override
  public boolean wanted(SessionId session, int kvTokens) {
    if (limits.warmBytes() == 0 || !order.keeps(session)) {
      return false;
    }
    if (!breakEven.worthKeeping(kvTokens)) {
      order.leaves(session, Residency.HOT, Departure.SHORT);
      return false;
    }
    return true;
  }

  @Override
  public void demoted(SessionId session, TenantId tenant, KvSnapshot snapshot) {
    ColdStore.Label label =
        new ColdStore.Label(session, tenant, snapshot.fingerprint(), snapshot.kvTokens());
    synchronized (this) {
      Shelved entry = new Shelved(label, snapshot, ++demotions);
      removeNow(session);
      if (closed || shelf.containsKey(session) || entry.bytes > limits.warmBytes()) {
        dropped++;
        snapshot.close();
        return;
      }
      // The newcomer competes with the others: it may be the one that goes.
      shelf.put(session, entry);
      warm.add(entry);
      warmBytes += entry.bytes;
      demotionsToWarm++;
      listener.shelved(session, Residency.WARM);
      while (warmBytes > limits.warmBytes() && dropLeastWarm()) {}
      if (warmBytes > limits.warmBytes() && shelf.get(session) == entry) {
        giveUp(entry, Residency.WARM);
      }
      moveLeastToCold(entry.bytes);
    }
  }

  private boolean dropLeastWarm() {
    Shelved least = warm.least(Residency.WARM);
    if (least == null) {
      return false;
    }
    giveUp(least, Residency.WARM);
    return true;
  }

  private void giveUp(Shelved entry, Residency from) {
    dropped++;
    order.leaves(entry.label.session(), from, Departure.ROOM);
    removeNow(entry.label.session());
  }

  /** A write takes time, so it begins before the next one comes, which may be as large. */
  private void moveLeastToCold(long newestBytes) {
    long startAt = Math.min(limits.warmBytes() / 4 * 3, limits.warmBytes() - newestBytes);
    while (warmBytes - movingBytes > startAt) {
      Shelved least = warm.least(Residency.WARM);
      if (least == null || !moveToCold(least)) {
        return;
      }
    }
  }

  private boolean moveToCold(Shelved entry) {
    if (cold == null || pausing() || entry.bytes > limits.coldBytes()) {
      return false;
    }
    warm.remove(entry);
    entry.place = Place.MOVING;
    entry.holders++;
    movingBytes += entry.bytes;
    inLane(() -> move(entry));
    return true;
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
      if (unwanted) {
        // It is claimed, and may come back.
        entry.place = Place.WARM;
      } else {
        entry.place = written ? Place.COLD : Place.WARM;
        entry.number = number;
        (written ? onDisk : warm).add(entry);
        if (written) {
          if (coldPaused) {
            log.info("Snapshots go to disk again");
          }
          coldPaused = false;
          demotionsToCold++;
          order.leaves(entry.label.session(), Residency.WARM, Departure.ROOM);
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

  /**
   * Makes room on disk, and books it; {@code false} where the entry is not to be written. Whoever
   * is worth least of all below the engine goes, wherever it is: a state on disk is not given up
   * for the sake of one in memory that is worth less.
   */
  private boolean reserveCold(Shelved entry) {
    while (true) {
      Shelved least;
      synchronized (this) {
        if (shelf.get(entry.label.session()) != entry) {
          return false;
        }
        if (coldBytes + entry.bytes <= limits.coldBytes()) {
          coldBytes += entry.bytes;
          return true;
        }
        Shelved inMemory = lesser(entry, warm.least(Residency.COLD));
        least = onDisk.least(Residency.COLD);
        if (least == null || lesser(inMemory, least) == inMemory) {
          giveUp(inMemory, Residency.WARM);
          return false;
        }
        dropped++;
        order.leaves(least.label.session(), Residency.COLD, Departure.ROOM);
        leaving(least);
      }
      if (!delete(least)) {
        return false;
      }
    }
  }

  /** Which of two is worth less where it stays longest; the first of equals. */
  private Shelved lesser(Shelved one, @Nullable Shelved other) {
    return other == null || worthOnDisk(one) <= worthOnDisk(other) ? one : other;
  }

  private double worthOnDisk(Shelved entry) {
    return order.worth(entry.label.session(), Residency.COLD, entry.label.kvTokens());
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
        leaving(entry);
        if (!inLane(() -> claimed.complete(readCold(entry)))) {
          claimed.complete(null);
        }
      } else {
        takeOff(entry);
        claimed.complete(
            new Claim(
                session,
                Objects.requireNonNull(entry.snapshot),
                Residency.WARM,
                () -> {
                  synchronized (this) {
                    letGo(entry);
                  }
                },
                () -> putBack(entry)));
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
        order.leaves(entry.label.session(), Residency.COLD, Departure.REFUSED);
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
        entry.label.session(),
        read,
        Residency.COLD,
        () -> {
          read.close();
          synchronized (this) {
            warmBytes -= entry.bytes;
          }
        },
        () -> {
          synchronized (this) {
            putBack(new Shelved(entry.label, read, ++demotions));
          }
        });
  }

  /** Shelves an entry again whose bytes were counted all along. */
  private synchronized void putBack(Shelved entry) {
    SessionId session = entry.label.session();
    if (closed || shelf.containsKey(session)) {
      letGo(entry);
      return;
    }
    shelf.put(session, entry);
    if (entry.place == Place.WARM) {
      warm.add(entry);
    }
    listener.shelved(session, Residency.WARM);
    while (warmBytes > limits.warmBytes() && dropLeastWarm()) {}
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

  /** Gives up a session's snapshot, although there is room for it; nothing if it has none. */
  public synchronized void drop(SessionId session) {
    Shelved entry = shelf.get(session);
    if (entry != null && entry.place != Place.LEAVING) {
      dropped++;
      removeNow(session);
    }
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
      takeOff(entry);
      letGo(entry);
    } else {
      leaving(entry);
      inLane(() -> delete(entry));
    }
  }

  /** Forgets an entry that is in memory. Under the lock. */
  private void takeOff(Shelved entry) {
    shelf.remove(entry.label.session());
    if (entry.place == Place.WARM) {
      warm.remove(entry);
    }
    listener.shelved(entry.label.session(), Residency.TRANSCRIPT);
  }

  /** From now on nobody can claim an entry that is on disk. Under the lock. */
  private void leaving(Shelved entry) {
    if (entry.place == Place.COLD) {
      onDisk.remove(entry);
      leaving++;
    }
    entry.place = Place.LEAVING;
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
      shelf.remove(entry.label.session());
      leaving--;
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

  @Override
  public void letGo(StateRelease release) {
    listener.letGo(release);
  }

  /** Notes how long the engine took for tokens of a prompt. */
  void prefilled(int tokens, long nanos) {
    breakEven.prefilled(tokens, nanos);
  }

  /** A look at everything at one moment. */
  public synchronized LadderStats stats() {
    int coldSessions = onDisk.entries.size() + leaving;
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
        cold != null && !coldPaused,
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
