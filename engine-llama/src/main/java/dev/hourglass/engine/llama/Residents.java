package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.StateRelease;
import dev.hourglass.core.retention.ReleaseOrder;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who holds which KV sequence. Keeps the book and the cells in step: every change of cells happens
 * here. Belongs to the engine's thread.
 */
final class Residents {
  private static final Logger LOG = LoggerFactory.getLogger(Residents.class);
  private static final int SHARING_PAYS_FROM = 16;
  private static final int REMEMBERED_RELEASES = 4096;

  private final NativeContext context;
  private final ReleaseOrder order;
  private final ResidencyListener listener;
  private final LongSupplier nanoClock;
  private final Consumer<Resident> demoter;
  private final Map<SessionId, Resident> bySession = new LinkedHashMap<>();
  private final @Nullable Resident[] bySequence;
  private final long[] assignments;
  private final Map<SessionId, Former> former =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<SessionId, Former> eldest) {
          return size() > REMEMBERED_RELEASES;
        }
      };
  private long releasedForRoom;

  /**
   * What is known of a session that holds nothing any more.
   *
   * @param sequence the one it had
   * @param assignment which use of that sequence it was; a later one belongs to somebody else
   * @param residue cells counted right after its release
   */
  private record Former(int sequence, long assignment, int residue) {}

  /**
   * Creates an empty book.
   *
   * @param demoter sees a resident before it is released to make room
   */
  Residents(
      NativeContext context,
      ReleaseOrder order,
      ResidencyListener listener,
      LongSupplier nanoClock,
      Consumer<Resident> demoter) {
    this.context = context;
    this.order = order;
    this.listener = listener;
    this.nanoClock = nanoClock;
    this.demoter = demoter;
    bySequence = new Resident[context.sequences()];
    assignments = new long[context.sequences()];
  }

  @Nullable Resident find(SessionId session) {
    return bySession.get(session);
  }

  long releasedForRoom() {
    return releasedForRoom;
  }

  /**
   * Gives the resident a free sequence and takes it into the book; {@code false} if none is free.
   */
  boolean attach(Resident resident) {
    for (int sequence = 0; sequence < bySequence.length; sequence++) {
      if (bySequence[sequence] == null) {
        bySequence[sequence] = resident;
        assignments[sequence]++;
        resident.assignSequence(sequence);
        bySession.put(resident.session(), resident);
        return true;
      }
    }
    return false;
  }

  /** Frees the resident's cells and its sequence; answers how many tokens remain, which is none. */
  int detach(Resident resident) {
    int sequence = resident.sequence();
    if (sequence == Resident.NO_SEQUENCE) {
      return 0;
    }
    boolean held = resident.tokens().size() > 0;
    context.remove(sequence, 0);
    int residue = held ? context.countCells(sequence) : 0;
    resident.tokens().truncate(0);
    resident.exactUpTo(Integer.MAX_VALUE);
    resident.assignSequence(Resident.NO_SEQUENCE);
    bySequence[sequence] = null;
    bySession.remove(resident.session());
    former.remove(resident.session());
    former.put(resident.session(), new Former(sequence, assignments[sequence], residue));
    if (residue != 0) {
      LOG.error("{} cells of sequence {} survived its release", residue, sequence);
    }
    if (held) {
      tell(resident);
    }
    return residue;
  }

  /** Shortens the resident to its first {@code tokens}. */
  void truncate(Resident resident, int tokens) {
    if (tokens >= resident.tokens().size()) {
      return;
    }
    context.remove(resident.sequence(), tokens);
    if (tokens <= resident.exactTokens()) {
      resident.exactUpTo(Integer.MAX_VALUE);
    }
    resident.tokens().truncate(tokens);
  }

  /**
   * Cuts {@code [from, to)} out of the resident's tokens and moves up what follows. Where the cells
   * cannot move, everything from {@code from} on is dropped instead.
   */
  void cut(Resident resident, int from, int to) {
    if (!context.canShift() || context.sharesCells(resident.sequence(), from)) {
      truncate(resident, from);
      return;
    }
    context.cut(resident.sequence(), from, to, resident.tokens().size());
    resident.tokens().remove(from, to);
    resident.exactUpTo(Math.min(from, resident.exactTokens()));
  }

  /**
   * Lets the resident share the longest useful prefix that another one of the same tenant has. Its
   * own tokens beyond the common prefix must have been dropped before.
   */
  void adoptPrefix(Resident resident, TokenList wanted) {
    Resident donor = null;
    int most = Math.min(resident.tokens().size() + SHARING_PAYS_FROM, wanted.size() - 1);
    for (Resident other : bySession.values()) {
      if (other == resident || !other.tenant().equals(resident.tenant())) {
        continue;
      }
      int common =
          Math.min(
              Math.min(wanted.commonPrefix(other.tokens()), other.exactTokens()),
              wanted.size() - 1);
      if (common > most) {
        most = common;
        donor = other;
      }
    }
    if (donor != null) {
      int own = resident.tokens().size();
      context.share(donor.sequence(), resident.sequence(), own, most);
      resident.tokens().addAll(wanted, own, most);
    }
  }

  /** Whether this many more cells are free. */
  boolean hasCells(int tokens) {
    return context.usedCells() + tokens <= context.cells();
  }

  /**
   * Releases one idle session, as the release order says.
   *
   * @param waiting sessions whose next turn already waits; they go last
   * @return whether one was released
   */
  boolean releaseIdle(Set<SessionId> waiting) {
    List<ReleaseOrder.IdleResident> idle = idle(waiting);
    if (idle.isEmpty()) {
      idle = idle(Set.of());
    }
    if (idle.isEmpty()) {
      return false;
    }
    Optional<Resident> chosen = order.next(idle).map(bySession::get);
    if (chosen.isEmpty() || chosen.get().busy()) {
      return false;
    }
    letGo(chosen.get(), false);
    return true;
  }

  /**
   * Releases an idle session to make room; the demoter sees it before, and the listener hears of it
   * afterwards.
   *
   * @param asked whether somebody asked for it, rather than needs the room
   */
  void letGo(Resident resident, boolean asked) {
    LOG.debug("Releasing {} to make room", resident.session());
    long begin = nanoClock.getAsLong();
    int held = resident.tokens().size();
    demoter.accept(resident);
    int left = detach(resident);
    releasedForRoom++;
    Duration took = Duration.ofNanos(Math.max(0, nanoClock.getAsLong() - begin));
    told(() -> listener.letGo(new StateRelease(resident.session(), asked, held, left, took)));
  }

  private List<ReleaseOrder.IdleResident> idle(Set<SessionId> spared) {
    List<ReleaseOrder.IdleResident> idle = new ArrayList<>();
    for (Resident resident : bySession.values()) {
      if (!resident.busy() && !spared.contains(resident.session())) {
        idle.add(
            new ReleaseOrder.IdleResident(
                resident.session(), resident.tokens().size(), resident.lastUsedNanos()));
      }
    }
    return idle;
  }

  /** Counts what a session has in the cells, also after it lost its sequence. */
  int residue(SessionId session) {
    Resident resident = bySession.get(session);
    if (resident != null) {
      return context.countCells(resident.sequence());
    }
    Former last = former.get(session);
    if (last == null) {
      return 0;
    }
    return assignments[last.sequence()] == last.assignment()
        ? context.countCells(last.sequence())
        : last.residue();
  }

  KvOccupancy occupancy() {
    int[] counts = context.countCells();
    Map<SessionId, Integer> sessions = new LinkedHashMap<>();
    for (Resident resident : bySession.values()) {
      int count = counts[resident.sequence()];
      if (count > 0) {
        sessions.put(resident.session(), count);
      }
    }
    return new KvOccupancy(context.usedCells(), context.cells(), sessions);
  }

  /** Whether the cells are what the book says. */
  boolean consistent() {
    int[] counts = context.countCells();
    for (int sequence = 0; sequence < counts.length; sequence++) {
      Resident resident = bySequence[sequence];
      if (counts[sequence] != (resident == null ? 0 : resident.tokens().size())) {
        return false;
      }
    }
    return true;
  }

  /** Notes the use of a resident, and says what it holds. */
  void used(Resident resident) {
    resident.usedAt(nanoClock.getAsLong());
    tell(resident);
  }

  Resident create(SessionId session, TenantId tenant) {
    Resident resident = new Resident(session, tenant);
    resident.usedAt(nanoClock.getAsLong());
    return resident;
  }

  List<Resident> ofTenant(TenantId tenant) {
    return bySession.values().stream()
        .filter(resident -> resident.tenant().equals(tenant))
        .toList();
  }

  List<Resident> all() {
    return List.copyOf(bySession.values());
  }

  private void tell(Resident resident) {
    told(() -> listener.residencyChanged(resident.session(), resident.tokens().size()));
  }

  private static void told(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | Error failure) {
      LOG.error("A residency listener failed", failure);
    }
  }
}
