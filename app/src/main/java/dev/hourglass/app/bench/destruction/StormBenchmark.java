package dev.hourglass.app.bench.destruction;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.Lease;
import dev.hourglass.core.session.LeaseEnd;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TurnHolder;
import dev.hourglass.core.session.TurnRecord;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Asks for the end of many sessions at once, while turns of others go on: each takes the lease of a
 * session that stays and commits a turn to the store that the storm writes to, every ten
 * milliseconds. Latencies count from the moment at which a turn was to begin.
 */
final class StormBenchmark {
  private static final long TURN_NANOS = 10_000_000;
  private static final int CALM_TURNS = 300;
  private static final List<ChatMessage> QUESTION =
      List.of(new ChatMessage(ChatRole.USER, "Does the storm hurt?"));

  private final Path folder;
  private final int sessions;
  private final int explicit;

  StormBenchmark(Path folder, int sessions, int explicitPercent) {
    this.folder = folder;
    this.sessions = sessions;
    this.explicit = (int) ((long) sessions * explicitPercent / 100);
  }

  StormResult run() throws InterruptedException {
    try (DestructionHouse house =
        new DestructionHouse(folder.resolve("storm.db"), _ -> new BookEngine())) {
      BookEngine engine = (BookEngine) house.engine;
      List<Session> doomed = new ArrayList<>();
      for (int number = 0; number < sessions; number++) {
        Session session = number < explicit ? house.explicit() : house.implicit();
        engine.occupy(session.id());
        doomed.add(session);
      }
      Traffic calm = new Traffic(house, house.explicit());
      calm.begin();
      calm.firstTurns.await();
      calm.end();
      Traffic during = new Traffic(house, house.explicit());
      during.begin();
      return storm(house, doomed, calm, during);
    }
  }

  private StormResult storm(
      DestructionHouse house, List<Session> doomed, Traffic calm, Traffic during) {
    long start = System.nanoTime();
    List<CompletableFuture<DestructionReceipt>> receipts = new ArrayList<>();
    int mostWaiting = 0;
    for (Session session : doomed) {
      receipts.add(house.destruction.destroy(session, DestructionReason.EXPIRED));
      mostWaiting = Math.max(mostWaiting, house.destruction.backlog());
    }
    double askMillis = (System.nanoTime() - start) / 1e6;
    int failed = 0;
    for (CompletableFuture<DestructionReceipt> receipt : receipts) {
      failed += receipt.join().failed() ? 1 : 0;
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    during.end();
    int lost = 0;
    for (Session session : doomed) {
      lost += kept(house, session.id()) ? 0 : 1;
    }
    return new StormResult(
        doomed.size(),
        explicit,
        askMillis,
        seconds,
        mostWaiting,
        lost,
        failed,
        calm.turns(),
        during.turns());
  }

  private static boolean kept(DestructionHouse house, SessionId id) {
    return house
        .destruction
        .receipt(id)
        .map(receipt -> receipt.join().session().equals(id))
        .orElse(false);
  }

  /** Turns of one session, one after the other at a fixed rate. */
  private static final class Traffic {
    private final DestructionHouse house;
    private final Session session;
    private final Histogram micros = new Histogram(60_000_000, 3);
    private final CountDownLatch firstTurns = new CountDownLatch(CALM_TURNS);
    private final ScheduledExecutorService metronome = Executors.newSingleThreadScheduledExecutor();
    private long dueNanos;

    Traffic(DestructionHouse house, Session session) {
      this.house = house;
      this.session = session;
    }

    void begin() {
      dueNanos = System.nanoTime();
      var _ = metronome.scheduleAtFixedRate(this::next, 0, TURN_NANOS, TimeUnit.NANOSECONDS);
    }

    /** Waits for the turn that runs; those that are late are left out. */
    void end() {
      metronome.close();
    }

    private void next() {
      one(dueNanos);
      dueNanos += TURN_NANOS;
      firstTurns.countDown();
    }

    private void one(long due) {
      session.requestTurn(
          new TurnHolder() {
            @Override
            public void granted(Lease lease) {
              Instant now = house.now();
              house.store.append(
                  new TurnRecord(
                      session.id(),
                      session.nextTurn(),
                      null,
                      TurnRecord.Status.COMPLETED,
                      QUESTION,
                      "No.",
                      GenerationEnd.FinishReason.STOP,
                      8,
                      0,
                      2,
                      now,
                      now));
              session.turnRecorded();
              lease.end(LeaseEnd.SUCCESS);
            }

            @Override
            public void refused() {}

            @Override
            public void revoked() {}
          });
      micros.recordValue(Math.clamp((System.nanoTime() - due) / 1_000, 0, 60_000_000));
    }

    StormResult.Turns turns() {
      return new StormResult.Turns(
          micros.getTotalCount(),
          micros.getValueAtPercentile(50) / 1_000.0,
          micros.getValueAtPercentile(99) / 1_000.0,
          micros.getMaxValue() / 1_000.0);
    }
  }
}
