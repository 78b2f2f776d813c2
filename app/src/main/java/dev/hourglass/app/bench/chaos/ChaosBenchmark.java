package dev.hourglass.app.bench.chaos;

import dev.hourglass.app.bench.chaos.FailingServer.Trouble;
import dev.hourglass.core.Gateway;
import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.admission.Admissions;
import dev.hourglass.core.admission.ScheduledTimeline;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EndpointStatus;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.PoolMember;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.SessionStore;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.remote.RemoteEndpoint;
import dev.hourglass.engine.remote.RemoteEngine;
import dev.hourglass.engine.remote.RemoteSettings;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions that talk to four endpoints over HTTP while these are killed, frozen, slowed and
 * revived.
 *
 * <p>Each session's turns are due at times that are drawn beforehand, whatever became of earlier
 * ones (an open loop). Trouble comes every few seconds to an endpoint that carries at least ten
 * streams, and never to the last two that are well, so that there is always a healthy alternative.
 */
final class ChaosBenchmark {
  static final int ENDPOINTS = 4;
  private static final Logger log = LoggerFactory.getLogger(ChaosBenchmark.class);
  private static final int LEAST_STREAMS = 10;
  private static final int MOST_IN_TROUBLE = 2;
  private static final double TURN_SECONDS = 10;
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration STALL_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration TURN_DEADLINE = Duration.ofSeconds(60);
  private static final Duration QUIET_DEADLINE = Duration.ofSeconds(90);
  private static final List<Trouble> TROUBLES =
      List.of(Trouble.KILLED, Trouble.FROZEN, Trouble.SLOW);

  private final int sessions;
  private final int seconds;
  private final SplittableRandom random;
  private final SessionStore store;
  private final DoubleConsumer progress;
  private final TurnTally tally = new TurnTally();
  private final List<FailingServer> servers = new ArrayList<>();
  private final Map<String, Integer> troubles = new TreeMap<>();
  private int fewestStreamsHit = Integer.MAX_VALUE;
  private int mostStreamsHit;
  private int leastRetriesLeft = Integer.MAX_VALUE;

  /**
   * Creates a run.
   *
   * @param store where nothing is stored: the sessions are implicit
   * @param progress told how much is done, 0 to 1
   */
  ChaosBenchmark(
      int sessions,
      int seconds,
      SplittableRandom random,
      SessionStore store,
      DoubleConsumer progress) {
    this.sessions = sessions;
    this.seconds = seconds;
    this.random = random;
    this.store = store;
    this.progress = progress;
  }

  ChaosReport run() throws InterruptedException, ExecutionException, TimeoutException {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    try (ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
        ScheduledExecutorService clockwork = Executors.newSingleThreadScheduledExecutor()) {
      for (int number = 0; number < ENDPOINTS; number++) {
        FailingServer server = new FailingServer(vertx);
        await(server.listen());
        servers.add(server);
      }
      try {
        return run(vertx, blocking, clockwork);
      } finally {
        clockwork.shutdownNow();
        for (FailingServer server : servers) {
          await(server.close());
        }
      }
    } finally {
      await(vertx.close().toCompletionStage());
    }
  }

  private ChaosReport run(Vertx vertx, ExecutorService blocking, ScheduledExecutorService clockwork)
      throws InterruptedException, ExecutionException, TimeoutException {
    EventBus events = new EventBus();
    InstantSource clock = InstantSource.system();
    SessionTable table =
        new SessionTable(
            new SessionLimits(100_000, 100_000, 8, Duration.ofMinutes(30), Duration.ofDays(1)),
            random.split(),
            clock,
            events);
    try (EnginePool pool =
        new EnginePool(
            FailingServer.MODEL,
            EnginePool.Settings.DEFAULTS,
            table,
            System::nanoTime,
            random.split(),
            blocking)) {
      for (FailingServer server : servers) {
        pool.add(member(vertx, server));
      }
      EngineDirectory engines = new EngineDirectory(List.of(pool), Map.of());
      Destruction destruction =
          new Destruction(
              table, engines, store, blocking, clock, events, Destruction.Settings.DEFAULTS);
      Gateway gateway =
          new Gateway(
              table,
              engines,
              store,
              destruction,
              Admissions.open(
                  100_000, new ScheduledTimeline(clockwork, System::nanoTime), random.split()),
              ActivityWatch.ofWords(System::nanoTime),
              blocking,
              clock,
              events);
      long heapBefore = heapBytes();
      long start = System.nanoTime();
      begin(gateway, clockwork, start);
      var _ = clockwork.scheduleAtFixedRate(pool::tick, 1, 1, TimeUnit.SECONDS);
      var _ = clockwork.scheduleAtFixedRate(() -> second(pool, start), 1, 1, TimeUnit.SECONDS);
      makeTrouble(clockwork, start + 5 * NANOS_PER_SECOND);
      until(
          clockwork,
          Duration.ofSeconds(seconds).plus(QUIET_DEADLINE),
          () -> System.nanoTime() - start >= seconds * NANOS_PER_SECOND);
      for (FailingServer server : servers) {
        await(server.revive());
      }
      until(clockwork, QUIET_DEADLINE, () -> tally.figures().started() == tally.ended());
      // A stream's last bytes and its close may still be on their way.
      until(clockwork, QUIET_DEADLINE, () -> streams() == 0);
      return report(pool, table, gateway, heapBefore, heapBytes());
    }
  }

  private static PoolMember member(Vertx vertx, FailingServer server) {
    RemoteEndpoint remote =
        new RemoteEndpoint(
            vertx,
            RemoteSettings.of(URI.create("http://127.0.0.1:" + server.port() + "/v1"))
                .withTimeouts(CONNECT_TIMEOUT, STALL_TIMEOUT, TURN_DEADLINE),
            System::nanoTime);
    return new PoolMember(
        new EndpointId("port-" + server.port()),
        new RemoteEngine(remote, FailingServer.MODEL, FailingServer.MODEL, 0, (_, _) -> {}),
        1,
        0,
        remote::probe);
  }

  /** Draws when each turn is due, and sees to it. */
  private void begin(Gateway gateway, ScheduledExecutorService clockwork, long start) {
    for (int number = 0; number < sessions; number++) {
      ChaosSession session = new ChaosSession(gateway, tally, System::nanoTime, number);
      double due = random.nextDouble() * TURN_SECONDS;
      while (due < seconds) {
        long dueNanos = start + (long) (due * NANOS_PER_SECOND);
        var _ =
            clockwork.schedule(
                () -> session.turn(dueNanos), dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        due += TURN_SECONDS * (0.5 + random.nextDouble());
      }
    }
  }

  private void second(EnginePool pool, long start) {
    leastRetriesLeft = Math.min(leastRetriesLeft, pool.totals().retriesLeft());
    progress.accept(
        Math.min(1, (double) (System.nanoTime() - start) / (seconds * NANOS_PER_SECOND)));
  }

  private void makeTrouble(ScheduledExecutorService clockwork, long atNanos) {
    var _ =
        clockwork.schedule(
            () -> {
              List<FailingServer> well =
                  servers.stream().filter(it -> it.trouble() == Trouble.NONE).toList();
              List<FailingServer> busy =
                  well.stream().filter(it -> it.streams() >= LEAST_STREAMS).toList();
              if (ENDPOINTS - well.size() < MOST_IN_TROUBLE && !busy.isEmpty()) {
                strike(busy.get(random.nextInt(busy.size())), clockwork);
              }
              makeTrouble(
                  clockwork,
                  System.nanoTime() + (long) ((3 + 6 * random.nextDouble()) * NANOS_PER_SECOND));
            },
            atNanos - System.nanoTime(),
            TimeUnit.NANOSECONDS);
  }

  private void strike(FailingServer server, ScheduledExecutorService clockwork) {
    Trouble trouble = TROUBLES.get(random.nextInt(TROUBLES.size()));
    int streams = server.streams();
    fewestStreamsHit = Math.min(fewestStreamsHit, streams);
    mostStreamsHit = Math.max(mostStreamsHit, streams);
    troubles.merge(trouble.name().toLowerCase(Locale.ROOT), 1, Integer::sum);
    log.debug("{} with {} streams", trouble, streams);
    var _ = server.fail(trouble);
    var _ =
        clockwork.schedule(server::revive, random.nextLong(5_000, 15_000), TimeUnit.MILLISECONDS);
  }

  private int streams() {
    return servers.stream().mapToInt(FailingServer::streams).sum();
  }

  private ChaosReport report(
      EnginePool pool, SessionTable table, Gateway gateway, long heapBefore, long heapAfter) {
    EnginePool.Totals totals = pool.totals();
    long active =
        table.list(TenantId.DEFAULT).stream()
            .filter(session -> session.state() == SessionState.ACTIVE)
            .count();
    int calls = pool.endpoints().stream().mapToInt(EndpointStatus::inFlight).sum();
    return new ChaosReport(
        ENDPOINTS,
        sessions,
        seconds,
        troubles,
        fewestStreamsHit == Integer.MAX_VALUE ? 0 : fewestStreamsHit,
        mostStreamsHit,
        tally.figures(),
        totals.retriesFree(),
        totals.retriesPaid(),
        totals.retriesDenied(),
        leastRetriesLeft == Integer.MAX_VALUE ? totals.retriesLeft() : leastRetriesLeft,
        totals.sessionsMoved(),
        (int) active + calls + gateway.turnsInFlight(),
        streams(),
        heapBefore,
        heapAfter);
  }

  /** Waits until something is so, or the deadline; what is not so by then shows in the report. */
  private static void until(
      ScheduledExecutorService clockwork, Duration deadline, BooleanSupplier condition)
      throws InterruptedException, ExecutionException {
    CompletableFuture<Void> so = new CompletableFuture<>();
    var look =
        clockwork.scheduleAtFixedRate(
            () -> {
              if (condition.getAsBoolean()) {
                so.complete(null);
              }
            },
            0,
            50,
            TimeUnit.MILLISECONDS);
    try {
      so.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      log.warn("what was waited for did not come within {}", deadline);
    } finally {
      look.cancel(false);
    }
  }

  private static void await(CompletionStage<Void> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static long heapBytes() {
    var memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }
}
