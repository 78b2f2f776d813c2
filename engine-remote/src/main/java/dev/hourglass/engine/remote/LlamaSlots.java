package dev.hourglass.engine.remote;

import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slots of llama.cpp's server, each of which holds the KV state of one session.
 *
 * <p>A session keeps its slot until another one needs it; then what the slot holds is erased before
 * it changes hands, so that nobody meets another's state and the server has nothing to put aside.
 * Where all slots compute, generations wait here, in order, rather than at the server, which would
 * give them whichever slot comes free.
 *
 * <p>Every deed is read back from {@code GET /slots}: what a slot holds is {@code n_prompt_tokens},
 * which the server leaves out of slots that never had a task. Whether a restored state is of use
 * shows only in the next answer: if nothing of its prompt was cached, restoring is not tried again.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md">its
 *     documentation</a>
 */
final class LlamaSlots implements KvControl {
  private static final Logger log = LoggerFactory.getLogger(LlamaSlots.class);
  private static final int MOST_WAITING = 10_000;
  private static final int MOST_STALE_FILES = 1_000;
  private static final ResidencyListener UNHEARD = (_, _) -> {};

  private final RemoteEndpoint endpoint;
  private final boolean acts;
  private final int contextTokens;
  private final int kvCapacityTokens;
  private final AtomicLong files = new AtomicLong();

  // Everything below, and what is in a slot, is guarded by this.
  private final List<Slot> slots;
  private final Deque<Waiter> line = new ArrayDeque<>();

  /** Files on the server's disk that nobody needs, and that cannot be deleted from here. */
  private final Deque<String> staleFiles = new ArrayDeque<>();

  private boolean restoreHelps = true;

  /** A place for one session's state. */
  private static final class Slot {
    private final int id;
    private @Nullable SessionId holder;
    private ResidencyListener residency = UNHEARD;
    private boolean busy;
    private boolean restored;
    private long usedNanos;
    private int kvTokens;

    private Slot(int id, int kvTokens) {
      this.id = id;
      this.kvTokens = kvTokens;
    }
  }

  /** Whoever needs a slot. */
  private record Waiter(
      SessionId session, ResidencyListener residency, CompletableFuture<Slot> slot) {}

  /** A slot that changes hands. */
  private record Grant(Waiter to, Slot slot, boolean foreign, @Nullable Runnable farewell) {}

  private LlamaSlots(
      RemoteEndpoint endpoint,
      boolean acts,
      List<Slot> slots,
      int contextTokens,
      int kvCapacityTokens) {
    this.endpoint = endpoint;
    this.acts = acts;
    this.slots = slots;
    this.contextTokens = contextTokens;
    this.kvCapacityTokens = kvCapacityTokens;
  }

  /**
   * Reads the slots, and asks whether anything can be done with them; fails where they cannot be
   * read.
   */
  static Future<KvControl> open(RemoteEndpoint endpoint) {
    return list(endpoint)
        .compose(listed ->
            endpoint
                // No action of that name exists: a server that takes actions says so, one that
                // takes none says that.
                .ask(HttpMethod.POST, "/slots/0?action=none", new JsonObject())
                .map(reply -> opened(endpoint, reply.status() == 400, listed)));
  }

  private static KvControl opened(RemoteEndpoint endpoint, boolean acts, List<JsonObject> listed) {
    if (!acts) {
      log.warn("{} takes no actions on its slots (expected: --slot-save-path)", endpoint);
    }
    return new LlamaSlots(
        endpoint,
        acts,
        listed.stream().map(slot -> new Slot(ServerReply.count(slot, "id"), held(slot))).toList(),
        listed.stream().mapToInt(slot -> ServerReply.count(slot, "n_ctx")).min().orElse(0),
        listed.stream().mapToInt(slot -> ServerReply.count(slot, "n_ctx")).sum());
  }

  private static Future<List<JsonObject>> list(RemoteEndpoint endpoint) {
    return endpoint
        .ask(HttpMethod.GET, "/slots")
        .compose(reply -> {
          List<JsonObject> listed =
              reply.array().stream()
                  .filter(JsonObject.class::isInstance)
                  .map(JsonObject.class::cast)
                  .toList();
          return reply.isOk() && !listed.isEmpty()
              ? Future.succeededFuture(listed)
              : Future.failedFuture("/slots: status " + reply.status());
        });
  }

  private static int held(JsonObject slot) {
    return ServerReply.count(slot, "n_prompt_tokens");
  }

  /** What a slot holds, by the server's own list. */
  private Future<Integer> read(Slot slot) {
    return list(endpoint)
        .map(listed ->
            listed.stream()
                .filter(each -> ServerReply.count(each, "id") == slot.id)
                .mapToInt(LlamaSlots::held)
                .sum());
  }

  // --- who gets a slot -------------------------------------------------------------------------

  @Override
  public CompletableFuture<Arrival> arrive(GenerationRequest request, ResidencyListener residency) {
    CompletableFuture<Slot> slot = slot(request.session(), residency);
    CompletableFuture<Arrival> arrival =
        slot.handle((given, full) ->
            full == null
                ? new Arrival.Stays(new Tenancy(given, request))
                : new Arrival.Refused(
                    new EngineFault(
                        EngineFault.Kind.OVERLOADED,
                        "slots: %d generations wait for one (the limit)".formatted(MOST_WAITING))));
    var _ =
        arrival.whenComplete((_, _) -> {
          if (arrival.isCancelled() && !slot.cancel(false)) {
            var _ = slot.thenAccept(given -> vacate(given, true));
          }
        });
    return arrival;
  }

  /** A slot for the session, at once or after others; cancelled, it goes to the next. */
  private CompletableFuture<Slot> slot(SessionId session, ResidencyListener residency) {
    Waiter waiter = new Waiter(session, residency, new CompletableFuture<>());
    synchronized (this) {
      if (line.size() >= MOST_WAITING) {
        waiter.slot().completeExceptionally(new IllegalStateException("the line is full"));
        return waiter.slot();
      }
      line.add(waiter);
    }
    serveLine();
    return waiter.slot();
  }

  private void serveLine() {
    List<Grant> grants = new ArrayList<>();
    synchronized (this) {
      for (Iterator<Waiter> waiting = line.iterator(); waiting.hasNext(); ) {
        Waiter waiter = waiting.next();
        Slot slot = waiter.slot().isDone() ? null : slotFor(waiter.session());
        if (slot != null) {
          grants.add(give(slot, waiter));
        }
        if (slot != null || waiter.slot().isDone()) {
          waiting.remove();
        }
      }
    }
    grants.forEach(this::handOver);
  }

  /** The session's own slot, or an empty one, or the one unused for longest; never a busy one. */
  private @Nullable Slot slotFor(SessionId session) {
    Slot best = null;
    for (Slot slot : slots) {
      if (session.equals(slot.holder)) {
        return slot.busy ? null : slot;
      }
      if (!slot.busy && (best == null || isBetter(slot, best))) {
        best = slot;
      }
    }
    return best;
  }

  private static boolean isBetter(Slot one, Slot other) {
    boolean oneIsFree = one.holder == null;
    return oneIsFree == (other.holder == null) ? one.usedNanos - other.usedNanos < 0 : oneIsFree;
  }

  private Grant give(Slot slot, Waiter waiter) {
    slot.busy = true;
    SessionId before = slot.holder;
    if (waiter.session().equals(before)) {
      return new Grant(waiter, slot, false, null);
    }
    ResidencyListener told = slot.residency;
    slot.holder = waiter.session();
    slot.residency = waiter.residency();
    return new Grant(
        waiter,
        slot,
        slot.kvTokens > 0,
        before == null ? null : () -> told.residencyChanged(before, 0));
  }

  private void handOver(Grant grant) {
    if (grant.farewell() != null) {
      grant.farewell().run();
    }
    Future<Integer> ready =
        grant.foreign() && acts ? erase(grant.slot()) : Future.succeededFuture(0);
    ready.onComplete(erased -> {
      if (erased.failed()) {
        log.warn("{}: {}", endpoint, erased.cause().getMessage());
      }
      if (!grant.to().slot().complete(grant.slot())) {
        vacate(grant.slot(), true);
      }
    });
  }

  private void vacate(Slot slot, boolean forgotten) {
    synchronized (this) {
      slot.busy = false;
      slot.usedNanos = endpoint.nanos();
      if (forgotten) {
        slot.holder = null;
      }
    }
    serveLine();
  }

  /** A generation in a slot. */
  private final class Tenancy implements Stay {
    private final Slot slot;
    private final GenerationRequest request;

    private Tenancy(Slot slot, GenerationRequest request) {
      this.slot = slot;
      this.request = request;
    }

    @Override
    public String members() {
      return "\"id_slot\":" + slot.id;
    }

    @Override
    public CompletionStage<Integer> end(GenerationEnd end) {
      look(end);
      Future<Integer> left = request.retain() || !acts ? read(slot) : erase(slot).map(0);
      return left
          // A server that does not tell has most likely kept what it computed.
          .otherwise(estimate(end))
          .map(kvTokens -> {
            synchronized (LlamaSlots.this) {
              slot.kvTokens = kvTokens;
            }
            vacate(slot, !request.retain());
            return request.retain() ? kvTokens : 0;
          })
          .toCompletionStage();
    }

    private void look(GenerationEnd end) {
      synchronized (LlamaSlots.this) {
        boolean useless =
            slot.restored
                && end instanceof GenerationEnd.Finished
                && end.usage().prompt().promptTokens() > 1
                && end.usage().prompt().cachedTokens() == 0;
        slot.restored = false;
        if (!useless || !restoreHelps) {
          return;
        }
        restoreHelps = false;
      }
      log.warn("{} computes anew what it says to have restored; restoring is over", endpoint);
    }

    private static int estimate(GenerationEnd end) {
      return end.usage().prompt().promptTokens() + end.usage().completionTokens();
    }
  }

  // --- erase -----------------------------------------------------------------------------------

  /** Erases a busy slot, and looks whether it is empty; answers what it held. */
  private Future<Integer> erase(Slot slot) {
    return endpoint
        .ask(HttpMethod.POST, "/slots/" + slot.id + "?action=erase", new JsonObject())
        .compose(reply ->
            reply.isOk()
                ? read(slot)
                    .map(left -> {
                      if (left > 0) {
                        throw new IllegalStateException(
                            "slot %d: said to be erased, holds %d tokens".formatted(slot.id, left));
                      }
                      return ServerReply.count(reply.object(), "n_erased");
                    })
                : Future.failedFuture(
                    "slot %d: not erased, status %d".formatted(slot.id, reply.status())))
        .compose(erased -> blank(slot).map(erased))
        .onSuccess(_ -> {
          synchronized (this) {
            slot.kvTokens = 0;
          }
        });
  }

  /**
   * Writes an empty slot over a file that nobody needs: files cannot be deleted from here, and must
   * not keep what was released.
   */
  private Future<?> blank(Slot slot) {
    String file;
    synchronized (this) {
      file = staleFiles.poll();
    }
    return file == null ? Future.succeededFuture() : save(slot, file).otherwiseEmpty();
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    if (slotOf(session) == null) {
      return CompletableFuture.completedFuture(new KvOutcome.Applied(0));
    }
    if (!acts) {
      return KvControl.NONE.release(session);
    }
    return slot(session, UNHEARD)
        .thenCompose(slot ->
            erase(slot)
                .<KvOutcome>map(KvOutcome.Applied::new)
                .otherwise(LlamaSlots::failed)
                .onSuccess(outcome -> vacate(slot, outcome instanceof KvOutcome.Applied))
                .toCompletionStage())
        .exceptionally(LlamaSlots::failed);
  }

  private static KvOutcome failed(Throwable failure) {
    return new KvOutcome.Failed(String.valueOf(failure.getMessage()));
  }

  /** The slot that a session holds; {@code null} where it holds none. */
  private synchronized @Nullable Slot slotOf(SessionId session) {
    return slots.stream().filter(slot -> session.equals(slot.holder)).findAny().orElse(null);
  }

  // --- files -----------------------------------------------------------------------------------

  private Future<Integer> save(Slot slot, String file) {
    return endpoint
        .ask(HttpMethod.POST, "/slots/" + slot.id + "?action=save", JsonObject.of("filename", file))
        .compose(reply ->
            reply.isOk()
                ? Future.succeededFuture(ServerReply.count(reply.object(), "n_saved"))
                : Future.failedFuture(
                    "slot %d: not saved, status %d".formatted(slot.id, reply.status())));
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    synchronized (this) {
      if (!acts || !restoreHelps) {
        return KvControl.NONE.snapshot(session);
      }
    }
    if (slotOf(session) == null) {
      return CompletableFuture.completedFuture(new SnapshotOutcome.Empty());
    }
    String file = session.value() + '-' + files.incrementAndGet();
    return slot(session, UNHEARD)
        .thenCompose(slot ->
            read(slot)
                .compose(held -> save(slot, file).map(saved -> taken(file, held, saved)))
                .onComplete(_ -> vacate(slot, false))
                .toCompletionStage())
        .exceptionally(failure -> new SnapshotOutcome.Failed(String.valueOf(failure.getMessage())));
  }

  private SnapshotOutcome taken(String file, int held, int saved) {
    if (saved == held) {
      return new SnapshotOutcome.Taken(
          new SlotFile(endpoint.name(), file, saved, () -> stale(file)));
    }
    stale(file);
    return new SnapshotOutcome.Failed(
        "%d tokens were saved (expected: the slot's %d)".formatted(saved, held));
  }

  private synchronized void stale(String file) {
    if (staleFiles.size() < MOST_STALE_FILES) {
      staleFiles.add(file);
    } else {
      log.warn("{}: {} stays on its disk, too many wait to be overwritten", endpoint, file);
    }
  }

  @Override
  public CompletionStage<KvOutcome> restore(
      SessionId session, KvSnapshot snapshot, ResidencyListener residency) {
    synchronized (this) {
      if (!acts || !restoreHelps) {
        return KvControl.NONE.restore(session, snapshot, residency);
      }
    }
    if (!(snapshot instanceof SlotFile saved) || !saved.isOf(endpoint.name())) {
      return CompletableFuture.completedFuture(
          new KvOutcome.Failed(
              "snapshot: of another engine (expected: a file of %s)".formatted(endpoint)));
    }
    return slot(session, residency)
        .thenCompose(slot -> restore(slot, saved).toCompletionStage())
        .exceptionally(LlamaSlots::failed);
  }

  private Future<KvOutcome> restore(Slot slot, SlotFile saved) {
    return endpoint
        .ask(
            HttpMethod.POST,
            "/slots/" + slot.id + "?action=restore",
            JsonObject.of("filename", saved.file()))
        .compose(reply ->
            reply.isOk()
                ? list(endpoint)
                    .map(listed ->
                        restored(slot, ServerReply.count(reply.object(), "n_restored"), listed))
                : Future.failedFuture(
                    "slot %d: not restored, status %d".formatted(slot.id, reply.status())))
        .otherwise(LlamaSlots::failed)
        .onSuccess(outcome -> vacate(slot, !(outcome instanceof KvOutcome.Applied)));
  }

  private KvOutcome restored(Slot slot, int claimed, List<JsonObject> listed) {
    int shown =
        listed.stream()
            .filter(each -> ServerReply.count(each, "id") == slot.id)
            // A slot that never had a task shows nothing: then the claim stands, until it is used.
            .mapToInt(each -> each.containsKey("n_prompt_tokens") ? held(each) : claimed)
            .sum();
    synchronized (this) {
      slot.kvTokens = shown;
      slot.restored = true;
    }
    return shown == claimed
        ? new KvOutcome.Applied(claimed)
        : new KvOutcome.Failed(
            "slot %d: said to hold %d restored tokens, holds %d"
                .formatted(slot.id, claimed, shown));
  }

  // --- what they hold --------------------------------------------------------------------------

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    Slot slot = slotOf(session);
    if (slot == null) {
      return CompletableFuture.completedFuture(new Residue.Counted(0));
    }
    return list(endpoint)
        .map(listed -> held(slot, listed))
        .<Residue>map(Residue.Counted::new)
        .otherwise(new Residue.Unknown())
        .toCompletionStage();
  }

  /** What a slot holds by a list; what is known here where the list does not say. */
  private synchronized int held(Slot slot, List<JsonObject> listed) {
    return listed.stream()
        .filter(each -> ServerReply.count(each, "id") == slot.id)
        .mapToInt(each -> each.containsKey("n_prompt_tokens") ? held(each) : slot.kvTokens)
        .sum();
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return list(endpoint)
        .map(this::occupancy)
        .otherwise(new KvOccupancy(0, 0, Map.of()))
        .toCompletionStage();
  }

  private synchronized KvOccupancy occupancy(List<JsonObject> listed) {
    Map<SessionId, Integer> sessions = new HashMap<>();
    int used = 0;
    for (Slot slot : slots) {
      int held = held(slot, listed);
      used += held;
      if (slot.holder != null && held > 0) {
        sessions.put(slot.holder, held);
      }
    }
    return new KvOccupancy(used, kvCapacityTokens, sessions);
  }

  @Override
  public synchronized EngineActivity activity() {
    return new EngineActivity(
        OptionalInt.of((int) slots.stream().filter(slot -> slot.busy).count()),
        OptionalInt.of(line.size()),
        OptionalDouble.empty(),
        OptionalInt.empty());
  }

  @Override
  public int slots() {
    return slots.size();
  }

  @Override
  public int kvCapacityTokens() {
    return kvCapacityTokens;
  }

  @Override
  public int contextTokens() {
    return contextTokens;
  }

  @Override
  public String toString() {
    return Objects.toString(endpoint) + " with " + slots.size() + " slots";
  }
}
