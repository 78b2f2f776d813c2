package dev.hourglass.core.retention;

import dev.hourglass.core.admission.Timeline;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.DestructionReceipt.Outcome;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.DestructionReceipt.StageResult;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionKind;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends sessions in stages and proves it: mark, free compute, clear KV, erase the transcript, call
 * the hooks, deregister; then the engine's own cells are counted. Each session is destroyed once,
 * however often it is asked for.
 *
 * <p>A few workers do it, beside the traffic, and what waits for them is ids. A session whose turn
 * still runs, or one of whose stages failed, waits without a worker. A failed stage is tried again,
 * later each time; when the tries are used up the receipt tells what failed, and neither the later
 * stages nor other sessions are kept from their end.
 */
public final class Destruction {
  private static final Logger log = LoggerFactory.getLogger(Destruction.class);

  /** A worker that is not heard of for so many stage deadlines is lost. */
  private static final int PATIENCE_IN_DEADLINES = 20;

  private final SessionTable table;
  private final EngineDirectory engines;
  private final SessionStore store;
  private final Executor blocking;
  private final Timeline time;
  private final InstantSource clock;
  private final EventBus events;
  private final ReleaseHooks hooks;
  private final Settings settings;
  private final DestructionWorkers workers;
  private final LongAdder triedAgain = new LongAdder();

  /** Bounded by the number of sessions, each of which enters once. */
  private final Map<SessionId, Ending> underWay = new ConcurrentHashMap<>();

  /** Receipts of implicit sessions, which leave nothing durable. */
  private final KeptReceipts implicitReceipts;

  /**
   * How destruction behaves.
   *
   * @param stageDeadline how long compute and engine may take before a stage counts as failed
   * @param implicitReceipts receipts of implicit sessions that are kept, in memory
   * @param workers destructions that are worked on at once
   * @param backlog destructions under way beyond which a sweep begins no more
   * @param tries of each stage, at least 1
   * @param firstPause before the second try; each later one is twice as long
   * @param longestPause between two tries
   */
  public record Settings(
      Duration stageDeadline,
      int implicitReceipts,
      int workers,
      int backlog,
      int tries,
      Duration firstPause,
      Duration longestPause) {
    public static final Settings DEFAULTS =
        new Settings(
            Duration.ofSeconds(10),
            50_000,
            16,
            100_000,
            5,
            Duration.ofMillis(100),
            Duration.ofSeconds(5));

    public Settings {
      requireAtLeastOne("implicit receipts", implicitReceipts);
      requireAtLeastOne("workers", workers);
      requireAtLeastOne("backlog", backlog);
      requireAtLeastOne("tries", tries);
      requirePositive("stage deadline", stageDeadline);
      requirePositive("first pause", firstPause);
      requirePositive("longest pause", longestPause);
    }

    private static void requireAtLeastOne(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
      }
    }

    private static void requirePositive(String name, Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: positive)");
      }
    }

    Duration pauseAfter(int tried) {
      Duration pause = firstPause.multipliedBy(1L << Math.min(tried - 1, 20));
      return pause.compareTo(longestPause) < 0 ? pause : longestPause;
    }
  }

  /** Creates a way out without hooks, in real time. */
  public Destruction(
      SessionTable table,
      EngineDirectory engines,
      SessionStore store,
      Executor blocking,
      InstantSource clock,
      EventBus events,
      Settings settings) {
    this(
        table,
        engines,
        store,
        blocking,
        new RealTime(clock, blocking),
        clock,
        events,
        ReleaseHooks.none(),
        settings);
  }

  /**
   * Creates the way out.
   *
   * @param blocking runs workers; they block, so a virtual thread each
   * @param time when tries are made, and how long stages take
   */
  public Destruction(
      SessionTable table,
      EngineDirectory engines,
      SessionStore store,
      Executor blocking,
      Timeline time,
      InstantSource clock,
      EventBus events,
      ReleaseHooks hooks,
      Settings settings) {
    this.table = table;
    this.engines = engines;
    this.store = store;
    this.blocking = blocking;
    this.time = time;
    this.clock = clock;
    this.events = events;
    this.hooks = hooks;
    this.settings = settings;
    this.workers = new DestructionWorkers(settings.workers(), blocking, time, this::work);
    this.implicitReceipts = new KeptReceipts(settings.implicitReceipts());
  }

  /** Time as a clock tells it. */
  private record RealTime(InstantSource clock, Executor executor) implements Timeline {
    @Override
    public long nanos() {
      return Duration.between(Instant.EPOCH, clock.instant()).toNanos();
    }

    @Override
    public void after(Duration delay, Runnable action) {
      CompletableFuture.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS, executor)
          .execute(action);
    }
  }

  // --- what is asked ---------------------------------------------------------------------------

  /**
   * Ends the session, whatever it is doing. From the return of this call on it accepts nothing; the
   * rest happens on its own, and the answer completes with the receipt.
   */
  public CompletableFuture<DestructionReceipt> destroy(Session session, DestructionReason reason) {
    return destroy(session, reason, this::enqueue).receipt().copy();
  }

  /** Answers how far it has come: the end that began first. */
  private Ending destroy(Session session, DestructionReason reason, Consumer<Ending> line) {
    // Before anything else: for whoever asks second it is closed, too, when the call returns.
    session.beginTerminating();
    Ending ending = new Ending(session, reason, clock.instant(), time.nanos());
    Ending earlier = underWay.putIfAbsent(session.id(), ending);
    if (earlier != null) {
      return earlier;
    }
    if (session.state() == SessionState.TERMINATED) {
      answerFromRecord(ending);
    } else {
      line.accept(ending);
    }
    return ending;
  }

  /**
   * Begins to end the session only in a quiet period, that is if nobody holds or needs it at this
   * moment; answers whether it did. Within milliseconds, together with others that end. Whoever
   * asks for a busy one asks again later, as the sweep does.
   */
  public boolean destroyIfIdle(Session session, DestructionReason reason) {
    if (!session.beginTerminatingIfIdle()) {
      return false;
    }
    var _ = destroy(session, reason, ending -> workers.addUnhurried(ending.session().id()));
    return true;
  }

  /**
   * Takes a living session's KV state out of its engine and proves it. Turns that come meanwhile
   * wait. Empty unless this is a quiet period: a busy session keeps its state, and whoever wants it
   * gone asks again. The receipt has the stages compute, kv and verify, and is told by {@link
   * Event.SessionReleased}.
   */
  public Optional<CompletableFuture<DestructionReceipt>> release(
      Session session, DestructionReason reason) {
    Optional<Lease> upkeep = session.upkeep();
    if (upkeep.isEmpty()) {
      return Optional.empty();
    }
    CompletableFuture<DestructionReceipt> receipt = new CompletableFuture<>();
    try {
      blocking.execute(() -> {
        try (Lease held = upkeep.get()) {
          receipt.complete(released(held.session(), reason));
        } catch (RuntimeException | Error defect) {
          log.error("the release of {} broke off", session, defect);
          receipt.completeExceptionally(defect);
        }
      });
    } catch (RejectedExecutionException stopped) {
      upkeep.get().close();
      receipt.completeExceptionally(stopped);
    }
    return Optional.of(receipt);
  }

  /**
   * Frees what engines hold, since the gateway stops: explicit sessions live on in the store,
   * implicit ones end. Waits for that, and for the destructions under way, up to the deadline; then
   * calls the hooks, whatever came of it. Blocks.
   */
  public void shutdown(Duration deadline) throws InterruptedException {
    List<CompletableFuture<?>> ends = new ArrayList<>();
    underWay.values().forEach(ending -> ends.add(ending.receipt()));
    for (Engine engine : engines.engines()) {
      try {
        for (SessionId held : await(engine.occupancy()).sessions().keySet()) {
          table.byId(held).ifPresent(session -> ends.add(leave(session)));
        }
      } catch (ExecutionException | TimeoutException | RuntimeException failure) {
        log.warn("what {} holds at the end is not known", engine.info().model(), failure);
      }
    }
    try {
      CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
          .get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException failure) {
      log.warn("{} destructions are left to the next start", underWay.size(), failure);
    }
    List<String> failed = hooks.gatewayStops();
    if (!failed.isEmpty()) {
      log.warn("release hooks that failed at the end: {}", failed);
    }
  }

  private CompletableFuture<?> leave(Session session) {
    return session.kind() == SessionKind.IMPLICIT
        ? destroy(session, DestructionReason.SHUTDOWN)
        : release(session, DestructionReason.SHUTDOWN)
            .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  /** The receipt of a session that is being destroyed or was; blocks on the store. */
  public Optional<CompletableFuture<DestructionReceipt>> receipt(SessionId id) {
    Ending pending = underWay.get(id);
    if (pending != null) {
      return Optional.of(pending.receipt().copy());
    }
    return recorded(id).map(CompletableFuture::completedFuture);
  }

  private Optional<DestructionReceipt> recorded(SessionId id) {
    return implicitReceipts.find(id).or(() -> store.receipt(id));
  }

  /** Whether the session's destruction has begun and not yet ended. */
  boolean isUnderWay(SessionId session) {
    return underWay.containsKey(session);
  }

  /** Whether a sweep may begin one more. */
  boolean hasRoom() {
    return underWay.size() < settings.backlog();
  }

  /** Destructions under way. */
  public int underWay() {
    return underWay.size();
  }

  /** Destructions under way that wait for a worker. */
  public int backlog() {
    return workers.waiting();
  }

  /** Times that a destruction was tried again. */
  public long triedAgain() {
    return triedAgain.sum();
  }

  /** How long an engine may take for an answer. */
  Duration stageDeadline() {
    return settings.stageDeadline();
  }

  /** The same answer, or a {@link TimeoutException} when the deadline of a stage has passed. */
  <T> CompletableFuture<T> within(CompletionStage<T> stage) {
    CompletableFuture<T> answer = stage.toCompletableFuture().copy();
    if (!answer.isDone()) {
      time.after(
          settings.stageDeadline(),
          () -> answer.completeExceptionally(new TimeoutException("no answer in time")));
    }
    return answer;
  }

  static boolean isLate(Throwable failure) {
    return failure instanceof TimeoutException || failure.getCause() instanceof TimeoutException;
  }

  /** Keeps the proof that state without an owner is gone, unless its session left a receipt. */
  void orphanReleased(SessionId id, Instant start, Residue left) {
    Duration took = Duration.between(start, clock.instant());
    DestructionReceipt receipt =
        new DestructionReceipt(
            id,
            TenantId.DEFAULT,
            DestructionReason.ORPHAN,
            start,
            List.of(
                new StageResult(
                    Stage.KV, Outcome.APPLIED, took.isNegative() ? Duration.ZERO : took),
                new StageResult(
                    Stage.VERIFY,
                    left instanceof Residue.Counted ? Outcome.APPLIED : Outcome.UNSUPPORTED,
                    Duration.ZERO)),
            left);
    try {
      blocking.execute(() -> {
        if (recorded(id).isEmpty()) {
          implicitReceipts.keep(receipt);
        }
      });
    } catch (RejectedExecutionException stopped) {
      log.debug("no receipt of orphan {}", id, stopped);
    }
  }

  /** Gives the work of workers that are lost to others; answers how many were. */
  int replaceLostWorkers() {
    try {
      return workers.replaceLost(settings.stageDeadline().multipliedBy(PATIENCE_IN_DEADLINES));
    } catch (RejectedExecutionException stopped) {
      return 0;
    }
  }

  // --- how it goes -----------------------------------------------------------------------------

  /** Somebody asked for the end of a session that had ended already. */
  private void answerFromRecord(Ending late) {
    underWay.remove(late.session().id(), late);
    Runnable look =
        () -> {
          try {
            Optional<DestructionReceipt> known = recorded(late.session().id());
            if (known.isPresent()) {
              late.receipt().complete(known.get());
            } else {
              late.receipt()
                  .completeExceptionally(
                      new IllegalStateException(
                          "the receipt of " + late.session() + " is not kept any more"));
            }
          } catch (RuntimeException | Error failure) {
            late.receipt().completeExceptionally(failure);
          }
        };
    try {
      blocking.execute(look);
    } catch (RejectedExecutionException stopped) {
      late.receipt().completeExceptionally(stopped);
    }
  }

  private void enqueue(Ending ending) {
    try {
      workers.add(ending.session().id());
    } catch (RejectedExecutionException stopped) {
      // It stays in line; those who wait are not left without an answer.
      ending.receipt().completeExceptionally(stopped);
    }
  }

  private void work(SessionId id) {
    Ending ending = underWay.get(id);
    if (ending == null) {
      return;
    }
    try {
      advance(ending);
    } catch (RuntimeException | Error defect) {
      log.error("destruction of {} broke off", ending.session(), defect);
      underWay.remove(id, ending);
      ending.receipt().completeExceptionally(defect);
    }
  }

  /** Takes a destruction as far as it goes now. */
  private void advance(Ending ending) {
    Session session = ending.session();
    boolean explicit = session.kind() == SessionKind.EXPLICIT;
    long now =
        stage(
            ending,
            Stage.MARK,
            ending.fresh() ? ending.startedNanos() : time.nanos(),
            () -> {
              if (explicit) {
                store.markTerminating(session.id());
              }
              return Outcome.APPLIED;
            });
    CompletableFuture<Void> quiet = session.quiet();
    if (!quiet.isDone() && ending.park(now)) {
      // Whichever comes first. Nothing here may touch the ending from now on.
      time.after(settings.stageDeadline(), () -> goOn(ending));
      var _ = quiet.thenRun(() -> goOn(ending));
      return;
    }
    now =
        stage(
            ending,
            Stage.COMPUTE,
            ending.waitingSince(now),
            () -> quiet.isDone() ? Outcome.APPLIED : Outcome.FAILED);
    now = stage(ending, Stage.KV, now, () -> clear(session));
    now =
        stage(
            ending,
            Stage.TRANSCRIPT,
            now,
            () -> {
              if (explicit) {
                store.eraseTranscript(session.id());
              }
              return Outcome.APPLIED;
            });
    now =
        stage(
            ending,
            Stage.HOOKS,
            now,
            () ->
                hooks.sessionEnds(session, ending.reason(), ending.hooksDone())
                    ? Outcome.APPLIED
                    : Outcome.FAILED);
    boolean lastTry = ending.tries() + 1 >= settings.tries();
    if (!ending.anyFailedBefore(Stage.DEREGISTER) || lastTry) {
      now = stage(ending, Stage.DEREGISTER, now, () -> deregister(session));
      stage(ending, Stage.VERIFY, now, () -> verify(ending));
    }
    ending.tried();
    if (ending.anyFailed() && !lastTry) {
      tryAgain(ending);
    } else {
      conclude(ending, explicit);
    }
  }

  private void goOn(Ending ending) {
    if (ending.unpark()) {
      enqueue(ending);
    }
  }

  private void tryAgain(Ending ending) {
    triedAgain.increment();
    time.after(settings.pauseAfter(ending.tries()), () -> enqueue(ending));
  }

  private Outcome clear(Session session)
      throws InterruptedException, ExecutionException, TimeoutException {
    return switch (await(engines.engineFor(session.model()).release(session.id()))) {
      case KvOutcome.Applied _ -> Outcome.APPLIED;
      case KvOutcome.Unsupported _ -> Outcome.UNSUPPORTED;
      case KvOutcome.Failed failed -> {
        log.warn("KV of {} was not released: {}", session, failed.reason());
        yield Outcome.FAILED;
      }
    };
  }

  private Outcome deregister(Session session) {
    try {
      table.remove(session);
    } finally {
      if (session.state() != SessionState.TERMINATED) {
        session.terminated();
      }
    }
    return Outcome.APPLIED;
  }

  /** What was released and is still there is a failure of the release. */
  private Outcome verify(Ending ending)
      throws InterruptedException, ExecutionException, TimeoutException {
    Session session = ending.session();
    ending.left(new Residue.Unknown());
    Residue residue = await(engines.engineFor(session.model()).residue(session.id()));
    ending.left(residue);
    Outcome outcome = outcome(residue, session);
    if (outcome == Outcome.FAILED) {
      ending.refute(Stage.KV);
    }
    return outcome;
  }

  private static Outcome outcome(Residue residue, Session session) {
    return switch (residue) {
      case Residue.Unknown _ -> Outcome.UNSUPPORTED;
      case Residue.Counted(int kvTokens) when kvTokens > 0 -> {
        log.warn("{} KV tokens of {} are left", kvTokens, session);
        yield Outcome.FAILED;
      }
      case Residue.Counted _ -> Outcome.APPLIED;
    };
  }

  /**
   * Keeps the receipt, and forgets the session where every stage succeeded. One with a failed stage
   * stays in the store as terminating, so that the next start finishes what was not possible now.
   */
  private void conclude(Ending ending, boolean explicit) {
    DestructionReceipt receipt = ending.toReceipt();
    if (!explicit) {
      implicitReceipts.keep(receipt);
    } else if (!keepDurably(receipt)) {
      if (ending.tries() < settings.tries()) {
        tryAgain(ending);
        return;
      }
      ending.refute(Stage.DEREGISTER);
      receipt = ending.toReceipt();
      implicitReceipts.keep(receipt);
    }
    // No longer under way when the first to wait for it goes on.
    if (underWay.remove(receipt.session(), ending)) {
      events.publish(new Event.SessionDestroyed(ending.session().kind(), receipt));
      ending.receipt().complete(receipt);
    }
  }

  private boolean keepDurably(DestructionReceipt receipt) {
    try {
      if (receipt.failed()) {
        store.saveReceipt(receipt);
      } else {
        store.conclude(receipt);
      }
      return true;
    } catch (RuntimeException failure) {
      log.error("the receipt of {} could not be stored", receipt.session(), failure);
      return false;
    }
  }

  private DestructionReceipt released(Session session, DestructionReason reason) {
    Ending ending = new Ending(session, reason, clock.instant(), time.nanos());
    long now = stage(ending, Stage.COMPUTE, ending.startedNanos(), () -> Outcome.APPLIED);
    now = stage(ending, Stage.KV, now, () -> clear(session));
    stage(ending, Stage.VERIFY, now, () -> verify(ending));
    DestructionReceipt receipt = ending.toReceipt();
    events.publish(new Event.SessionReleased(session.kind(), receipt));
    return receipt;
  }

  /** Runs a stage that is not done yet; answers when it ended, which is when the next begins. */
  private long stage(Ending ending, Stage stage, long startNanos, Callable<Outcome> work) {
    if (ending.done(stage)) {
      return startNanos;
    }
    Outcome outcome;
    try {
      outcome = work.call();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      outcome = Outcome.FAILED;
    } catch (Exception | Error failure) {
      log.warn("stage {} of {} failed", stage, ending.session(), failure);
      outcome = Outcome.FAILED;
    }
    long endNanos = time.nanos();
    ending.note(stage, outcome, endNanos - startNanos);
    return endNanos;
  }

  private <T> T await(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage
        .toCompletableFuture()
        .get(settings.stageDeadline().toMillis(), TimeUnit.MILLISECONDS);
  }
}
