package dev.hourglass.core.retention;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionTable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The periodic look for what should be gone: expired sessions are destroyed, and KV state that no
 * session owns is released, whatever an earlier release did. Engines are looked at apart from each
 * other: one that throws or never answers keeps none of the others from being swept.
 *
 * <p>A session belongs to nobody when an engine holds state for it, the table does not know it, and
 * its destruction is not under way. What the sweep asks of an engine is remembered until it answers
 * or its deadline has passed, so a sweep never piles questions on an engine that hangs.
 */
public final class Sweep {
  private static final Logger log = LoggerFactory.getLogger(Sweep.class);

  /** Releases that may be under way at once; what is left waits for the next sweep. */
  private static final int MOST_RELEASES = 1_024;

  private final SessionTable table;
  private final EngineDirectory engines;
  private final Destruction destruction;
  private final InstantSource clock;
  private final EventBus events;

  private final LongAdder givenBack = new LongAdder();

  /** Questions without an answer yet, and orphans that are being released; bounded. */
  private final Map<Asked, Instant> asked = new ConcurrentHashMap<>();

  private long lostLeasesBefore;
  private volatile @Nullable SweepReport latest;

  /**
   * What an engine was asked for.
   *
   * @param orphan whose state it shall release; {@code null} for what it holds
   */
  private record Asked(String model, @Nullable SessionId orphan) {}

  public Sweep(
      SessionTable table,
      EngineDirectory engines,
      Destruction destruction,
      InstantSource clock,
      EventBus events) {
    this.table = table;
    this.engines = engines;
    this.destruction = destruction;
    this.clock = clock;
    this.events = events;
    events.subscribe(event -> {
      if (event instanceof Event.LeaseEnded || event instanceof Event.SessionDestroyed) {
        givenBack.increment();
      }
    });
  }

  /** What the latest sweep found that has ended; empty before the first. */
  public Optional<SweepReport> latest() {
    return Optional.ofNullable(latest);
  }

  /** One look. What it starts goes on asynchronously, within a deadline; then it reports. */
  public CompletableFuture<SweepReport> run() {
    Round round = new Round();
    forgetOverdue(round);
    apart("sessions", round, () -> expire(round));
    List<CompletableFuture<?>> looks = new ArrayList<>();
    for (Engine engine : engines.engines()) {
      apart("an engine", round, () -> looks.add(look(engine, round)));
    }
    int replaced = destruction.replaceLostWorkers();
    if (replaced > 0) {
      log.error("{} workers of destruction were lost and are replaced", replaced);
    }
    return CompletableFuture.allOf(looks.toArray(CompletableFuture<?>[]::new))
        .handle((_, _) -> report(round));
  }

  /** What one sweep counts. */
  private static final class Round {
    private final AtomicInteger expired = new AtomicInteger();
    private final AtomicInteger putOff = new AtomicInteger();
    private final AtomicInteger orphans = new AtomicInteger();
    private final AtomicInteger released = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
  }

  private void apart(String part, Round round, Runnable look) {
    try {
      look.run();
    } catch (RuntimeException | Error defect) {
      round.failed.incrementAndGet();
      log.error("the sweep of {} broke off", part, defect);
    }
  }

  /** What was not answered in time may be asked again. */
  private void forgetOverdue(Round round) {
    Instant earliest = clock.instant().minus(destruction.stageDeadline());
    asked.forEach((question, since) -> {
      if (since.isBefore(earliest) && asked.remove(question, since)) {
        round.failed.incrementAndGet();
        log.warn(
            "{} did not {} in time",
            question.model,
            question.orphan == null ? "tell what it holds" : "release " + question.orphan);
      }
    });
  }

  private void expire(Round round) {
    for (Session session : table.expired(clock.instant())) {
      if (!destruction.hasRoom()) {
        round.putOff.incrementAndGet();
      } else if (destruction.destroyIfIdle(session, DestructionReason.EXPIRED)) {
        round.expired.incrementAndGet();
      }
    }
  }

  private CompletableFuture<?> look(Engine engine, Round round) {
    Asked question = new Asked(engine.info().model(), null);
    if (!begin(question)) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<KvOccupancy> answer;
    try {
      answer = destruction.within(engine.occupancy());
    } catch (RuntimeException | Error defect) {
      asked.remove(question);
      throw defect;
    }
    return answer
        .whenComplete((_, failure) -> {
          if (failure != null) {
            log.warn("what {} holds is not known", question.model, failure);
          }
          answered(question, failure, round);
        })
        .thenCompose(held -> releaseOrphans(engine, held, round));
  }

  /** An engine that may still answer is not asked again before its time is up. */
  private void answered(Asked question, @Nullable Throwable failure, Round round) {
    if (failure != null) {
      round.failed.incrementAndGet();
    }
    if (failure == null || !Destruction.isLate(failure)) {
      asked.remove(question);
    }
  }

  private boolean begin(Asked question) {
    return asked.size() < MOST_RELEASES && asked.putIfAbsent(question, clock.instant()) == null;
  }

  private CompletableFuture<?> releaseOrphans(Engine engine, KvOccupancy held, Round round) {
    List<CompletableFuture<?>> releases = new ArrayList<>();
    for (SessionId id : held.sessions().keySet()) {
      if (table.byId(id).isEmpty() && !destruction.isUnderWay(id)) {
        Asked question = new Asked(engine.info().model(), id);
        if (begin(question)) {
          apart("an orphan", round, () -> releases.add(release(engine, question, id, round)));
        }
      }
    }
    return CompletableFuture.allOf(releases.toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<?> release(Engine engine, Asked question, SessionId id, Round round) {
    Instant start = clock.instant();
    CompletableFuture<Freed> freed;
    try {
      // Counted within the same visit to the engine, before anybody else can use the cells.
      freed =
          destruction.within(
              engine
                  .release(id)
                  .thenCompose(
                      outcome -> engine.residue(id).thenApply(left -> new Freed(outcome, left))));
    } catch (RuntimeException | Error defect) {
      asked.remove(question);
      throw defect;
    }
    return freed.whenComplete((done, failure) -> {
      answered(question, failure, round);
      if (failure == null) {
        settle(id, done, start, round);
      } else {
        round.orphans.incrementAndGet();
        log.warn("orphaned state of {} was not released", id, failure);
      }
    });
  }

  /** What a release of an orphan did. */
  private record Freed(KvOutcome outcome, Residue left) {}

  /** A session that ended between the two looks has nothing to release any more: not an orphan. */
  private void settle(SessionId id, Freed freed, Instant start, Round round) {
    boolean gone = !(freed.left instanceof Residue.Counted(int kvTokens)) || kvTokens == 0;
    switch (freed.outcome) {
      case KvOutcome.Applied(int kvTokens) when kvTokens == 0 && gone -> {}
      case KvOutcome.Applied _ when gone -> {
        round.orphans.incrementAndGet();
        round.released.incrementAndGet();
        destruction.orphanReleased(id, start, freed.left);
        events.publish(new Event.OrphanReleased(id));
      }
      case KvOutcome.Unsupported _ -> {}
      case KvOutcome.Applied _, KvOutcome.Failed _ -> {
        round.orphans.incrementAndGet();
        round.failed.incrementAndGet();
        log.warn("orphaned state of {} is still there: {}", id, freed);
      }
    }
  }

  private synchronized SweepReport report(Round round) {
    long lost = table.lostLeases();
    long lostNow = lost - lostLeasesBefore;
    lostLeasesBefore = lost;
    // A lease that was taken back counts among those that ended.
    long endings = Math.max(givenBack.sumThenReset(), lostNow);
    long leaks = round.orphans.get() + lostNow;
    long all = endings + round.orphans.get();
    SweepReport report =
        new SweepReport(
            clock.instant(),
            round.expired.get(),
            round.putOff.get(),
            round.orphans.get(),
            round.released.get(),
            round.failed.get(),
            lostNow,
            all == 0 ? 0 : (double) leaks / all);
    latest = report;
    return report;
  }
}
