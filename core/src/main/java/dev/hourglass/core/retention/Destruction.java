package dev.hourglass.core.retention;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends sessions in stages and proves it: mark, free compute, clear KV, erase the transcript,
 * deregister; then the engine's own cells are counted. A stage that fails is told in the receipt
 * and does not keep the later ones from running. Each session is destroyed once, however often it
 * is asked for.
 */
public final class Destruction {
  private static final Logger log = LoggerFactory.getLogger(Destruction.class);

  private final SessionTable table;
  private final EngineDirectory engines;
  private final SessionStore store;
  private final Executor blocking;
  private final InstantSource clock;
  private final EventBus events;
  private final Settings settings;

  /** Bounded by the number of sessions. */
  private final Map<SessionId, CompletableFuture<DestructionReceipt>> underWay =
      new ConcurrentHashMap<>();

  /** Receipts of implicit sessions, which leave nothing durable. Guarded by itself. */
  private final Map<SessionId, DestructionReceipt> implicitReceipts;

  /**
   * How destruction behaves.
   *
   * @param stageDeadline how long compute and engine may take before a stage counts as failed
   * @param implicitReceipts receipts of implicit sessions that are kept, in memory
   */
  public record Settings(Duration stageDeadline, int implicitReceipts) {
    public static final Settings DEFAULTS = new Settings(Duration.ofSeconds(10), 10_000);
  }

  /**
   * Creates the way out.
   *
   * @param blocking runs destructions; they block, so a virtual thread each
   */
  public Destruction(
      SessionTable table,
      EngineDirectory engines,
      SessionStore store,
      Executor blocking,
      InstantSource clock,
      EventBus events,
      Settings settings) {
    this.table = table;
    this.engines = engines;
    this.store = store;
    this.blocking = blocking;
    this.clock = clock;
    this.events = events;
    this.settings = settings;
    this.implicitReceipts =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1;

          @Override
          protected boolean removeEldestEntry(Map.Entry<SessionId, DestructionReceipt> eldest) {
            return size() > settings.implicitReceipts();
          }
        };
  }

  /**
   * Ends the session, whatever it is doing. From the return of this call on it accepts nothing; the
   * rest happens on its own, and the answer completes with the receipt.
   */
  public CompletableFuture<DestructionReceipt> destroy(Session session, DestructionReason reason) {
    CompletableFuture<DestructionReceipt> receipt = new CompletableFuture<>();
    CompletableFuture<DestructionReceipt> earlier = underWay.putIfAbsent(session.id(), receipt);
    if (earlier != null) {
      return earlier.copy();
    }
    if (session.state() == SessionState.TERMINATED) {
      underWay.remove(session.id(), receipt);
      return CompletableFuture.supplyAsync(() -> receipt(session.id()), blocking)
          .thenCompose(Optional::orElseThrow);
    }
    Instant start = clock.instant();
    session.beginTerminating();
    blocking.execute(() -> complete(receipt, session, () -> run(session, reason, start)));
    return receipt.copy();
  }

  /** Begins to end the session only if nothing uses it at this moment; answers whether it did. */
  public boolean destroyIfIdle(Session session, DestructionReason reason) {
    if (!session.beginTerminatingIfIdle()) {
      return false;
    }
    var _ = destroy(session, reason);
    return true;
  }

  /** The receipt of a session that is being destroyed or was; blocks on the store. */
  public Optional<CompletableFuture<DestructionReceipt>> receipt(SessionId id) {
    CompletableFuture<DestructionReceipt> pending = underWay.get(id);
    if (pending != null) {
      return Optional.of(pending.copy());
    }
    synchronized (implicitReceipts) {
      DestructionReceipt implicit = implicitReceipts.get(id);
      if (implicit != null) {
        return Optional.of(CompletableFuture.completedFuture(implicit));
      }
    }
    return store.receipt(id).map(CompletableFuture::completedFuture);
  }

  /** Destructions under way. */
  public int underWay() {
    return underWay.size();
  }

  private void complete(
      CompletableFuture<DestructionReceipt> receipt,
      Session session,
      Callable<DestructionReceipt> work) {
    DestructionReceipt done;
    try {
      done = work.call();
    } catch (Exception defect) {
      log.error("destruction of {} broke off", session, defect);
      underWay.remove(session.id(), receipt);
      receipt.completeExceptionally(defect);
      return;
    }
    // No longer under way when the first to wait for it goes on.
    underWay.remove(session.id(), receipt);
    receipt.complete(done);
  }

  private DestructionReceipt run(Session session, DestructionReason reason, Instant start) {
    boolean explicit = session.kind() == SessionKind.EXPLICIT;
    Engine engine = engines.engineFor(session.model());
    List<StageResult> stages = new ArrayList<>();

    stage(
        stages,
        Stage.MARK,
        start,
        () -> {
          if (explicit) {
            store.markTerminating(session.id());
          }
          return Outcome.APPLIED;
        });
    stage(
        stages,
        Stage.COMPUTE,
        () -> {
          await(session.quiet());
          return Outcome.APPLIED;
        });
    stage(
        stages,
        Stage.KV,
        () ->
            switch (await(engine.release(session.id()))) {
              case KvOutcome.Applied _ -> Outcome.APPLIED;
              case KvOutcome.Unsupported _ -> Outcome.UNSUPPORTED;
              case KvOutcome.Failed failed -> {
                log.warn("KV of {} was not released: {}", session, failed.reason());
                yield Outcome.FAILED;
              }
            });
    stage(
        stages,
        Stage.TRANSCRIPT,
        () -> {
          if (explicit) {
            store.eraseTranscript(session.id());
          }
          return Outcome.APPLIED;
        });
    Residue residue = residue(engine, session);
    stage(
        stages,
        Stage.DEREGISTER,
        () -> {
          table.remove(session);
          if (explicit && allApplied(stages)) {
            store.deregister(session.id());
          }
          session.terminated();
          return Outcome.APPLIED;
        });

    DestructionReceipt receipt =
        new DestructionReceipt(session.id(), session.tenant(), reason, start, stages, residue);
    keep(receipt, explicit);
    events.publish(new Event.SessionDestroyed(session.kind(), receipt));
    return receipt;
  }

  /**
   * A session with a failed stage stays in the store as terminating, so that the next start
   * finishes what was not possible now.
   */
  private static boolean allApplied(List<StageResult> stages) {
    return stages.stream().noneMatch(result -> result.outcome() == Outcome.FAILED);
  }

  private Residue residue(Engine engine, Session session) {
    try {
      return await(engine.residue(session.id()));
    } catch (Exception unknown) {
      log.warn("what is left of {} could not be counted", session, unknown);
      return new Residue.Unknown();
    }
  }

  private void keep(DestructionReceipt receipt, boolean durably) {
    if (durably) {
      try {
        store.saveReceipt(receipt);
        return;
      } catch (RuntimeException failure) {
        log.error("receipt of {} is kept in memory only", receipt.session(), failure);
      }
    }
    synchronized (implicitReceipts) {
      implicitReceipts.put(receipt.session(), receipt);
    }
  }

  private void stage(List<StageResult> stages, Stage stage, Callable<Outcome> work) {
    stage(stages, stage, clock.instant(), work);
  }

  private void stage(List<StageResult> stages, Stage stage, Instant start, Callable<Outcome> work) {
    Outcome outcome;
    try {
      outcome = work.call();
    } catch (Exception failure) {
      log.warn("stage {} failed", stage, failure);
      outcome = Outcome.FAILED;
    }
    Duration took = Duration.between(start, clock.instant());
    stages.add(new StageResult(stage, outcome, took.isNegative() ? Duration.ZERO : took));
  }

  private <T> T await(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage
        .toCompletableFuture()
        .get(settings.stageDeadline().toMillis(), TimeUnit.MILLISECONDS);
  }
}
