package dev.hourglass.app.bench.table;

import dev.hourglass.core.activity.SessionActivity;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.MessageChain;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.HdrHistogram.Histogram;

/**
 * A table full of sessions beside a cache full of them: what each weighs, what a touch costs, and
 * for how long a thread that touches stands still while very many others expire on another thread.
 * In each round all take turns.
 */
final class TableBenchmark {
  private static final Duration LONG = Duration.ofDays(1);
  private static final Duration SHORT = Duration.ofMinutes(1);
  private static final int TOUCHES = 2_000_000;
  private static final long CALM_NANOS = 1_000_000_000;
  private static final long LONGEST_GAP_NANOS = 60_000_000_000L;
  private static final long SEED = 20_260_101;

  private final int sessions;
  private final int expiring;
  private final int rounds;
  private final Consumer<String> progress;
  private final RandomGenerator random = new SplittableRandom(SEED);

  TableBenchmark(int sessions, int expiring, int rounds, Consumer<String> progress) {
    this.sessions = sessions;
    this.expiring = expiring;
    this.rounds = rounds;
    this.progress = progress;
  }

  TableReport run() {
    progress.accept("weighing …");
    List<TableReport.Weight> weights = weights();
    Full cache = new Full(Subject.Kind.CAFFEINE);
    Full table = new Full(Subject.Kind.TABLE);
    progress.accept("warming up …");
    cache.measure(new TableReport.Speed());
    table.measure(new TableReport.Speed());
    TableReport.Speed cacheSpeed = new TableReport.Speed();
    TableReport.Speed tableSpeed = new TableReport.Speed();
    for (int round = 1; round <= rounds; round++) {
      progress.accept("round " + round + " of " + rounds + " …");
      cache.measure(cacheSpeed);
      table.measure(tableSpeed);
    }
    return new TableReport(sessions, expiring, rounds, weights, cacheSpeed, tableSpeed);
  }

  private List<TableReport.Weight> weights() {
    SteppedClock clock = new SteppedClock();
    TableSubject idle = new TableSubject(random, clock, sessions);
    TableSubject lively = new TableSubject(random, clock, sessions);
    SessionTable implicit = new TableSubject(random, clock, sessions).table();
    CaffeineSubject cache = new CaffeineSubject(clock, sessions);
    return List.of(
        weight("session, explicit", () -> idle.add(SessionId.random(random), LONG), idle),
        weight("session, implicit, with its history", () -> recognised(implicit), implicit),
        weight("session, explicit, with its activity", () -> active(lively, clock), lively),
        weight("Caffeine, an id alone", () -> cache.add(SessionId.random(random), LONG), cache));
  }

  private void recognised(SessionTable table) {
    MessageChain asked =
        MessageChain.of(
            TenantId.DEFAULT,
            List.of(new ChatMessage(ChatRole.USER, Long.toString(random.nextLong()))));
    Session session = table.addImplicit(TenantId.DEFAULT, "tiny").session();
    table.remember(session, asked, asked.answered("yes"));
  }

  private void active(TableSubject subject, SteppedClock clock) {
    SessionId id = SessionId.random(random);
    subject.add(id, LONG);
    SessionActivity activity = subject.table().byId(id).orElseThrow().activity();
    activity.turnEnded(clock.nanos(), clock.nanos(), 0.2);
    activity.turnEnded(clock.nanos(), clock.nanos(), 0.2);
  }

  private TableReport.Weight weight(String what, Runnable add, Object subject) {
    try {
      long before = usedBytes();
      for (int number = 0; number < sessions; number++) {
        add.run();
      }
      return new TableReport.Weight(what, (double) (usedBytes() - before) / sessions);
    } finally {
      Reference.reachabilityFence(subject);
    }
  }

  private static long usedBytes() {
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 3; attempt++) {
      ManagementFactory.getMemoryMXBean().gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }

  /** A subject that holds all its sessions, of which some are about to expire. */
  private final class Full {
    private final SteppedClock clock = new SteppedClock();
    private final Subject subject;
    private final SessionId[] lasting = new SessionId[sessions - expiring];

    Full(Subject.Kind kind) {
      subject = kind.of(random, clock, sessions);
      List<SessionId> ids = new ArrayList<>();
      for (int number = 0; number < lasting.length; number++) {
        SessionId id = SessionId.random(random);
        subject.add(id, LONG);
        // A request brings an id of its own.
        ids.add(new SessionId(id.value()));
      }
      Collections.shuffle(ids, new Random(SEED));
      ids.toArray(lasting);
    }

    void measure(TableReport.Speed speed) {
      for (int number = 0; number < expiring; number++) {
        subject.add(SessionId.random(random), SHORT);
      }
      speed.touch(touchNanos());
      Histogram calm = new Histogram(LONGEST_GAP_NANOS, 3);
      long until = System.nanoTime() + CALM_NANOS;
      touchWhile(() -> System.nanoTime() < until, calm);
      clock.moveAhead(SHORT.plusSeconds(10));
      Histogram storm = new Histogram(LONGEST_GAP_NANOS, 3);
      long start = System.nanoTime();
      CompletableFuture<Long> expiry =
          CompletableFuture.supplyAsync(() -> {
            subject.expire();
            return System.nanoTime() - start;
          });
      touchWhile(() -> !expiry.isDone(), storm);
      if (subject.size() != lasting.length) {
        throw new IllegalStateException(
            "%d are left of %d that last".formatted(subject.size(), lasting.length));
      }
      speed.pauses(calm, storm, expiry.join());
    }

    private double touchNanos() {
      int at = random.nextInt(lasting.length);
      long start = System.nanoTime();
      for (int touch = 0; touch < TOUCHES; touch++) {
        at = next(at);
      }
      return (double) (System.nanoTime() - start) / TOUCHES;
    }

    private int next(int at) {
      if (!subject.touch(lasting[at])) {
        throw new IllegalStateException("a session that lasts is gone");
      }
      return at + 1 == lasting.length ? 0 : at + 1;
    }

    private void touchWhile(BooleanSupplier more, Histogram gaps) {
      int at = random.nextInt(lasting.length);
      long before = System.nanoTime();
      while (more.getAsBoolean()) {
        at = next(at);
        long now = System.nanoTime();
        gaps.recordValue(Math.min(now - before, LONGEST_GAP_NANOS));
        before = now;
      }
    }
  }
}
