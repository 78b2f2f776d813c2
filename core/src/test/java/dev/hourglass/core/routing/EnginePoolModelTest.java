package dev.hourglass.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.routing.EnginePoolTest.Ear;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * A pool under whatever sequence of requests, failures, departures, probes and operators: every
 * generation ends once, nothing is told after its end, and nothing is left in flight.
 */
class EnginePoolModelTest {
  private static final int STEPS = 300;

  @Property(tries = 300)
  void everyGenerationEndsOnceAndNothingLeaks(@ForAll long seed, @ForAll RoutingStrategy strategy) {
    Story story = new Story(strategy, new SplittableRandom(seed));
    for (int step = 0; step < STEPS; step++) {
      story.step();
      story.check();
    }
    story.endAll();
    story.checkEnd();
  }

  private static final class Story {
    private static final int SESSIONS = 12;
    private static final List<EngineFault.Kind> KINDS = List.of(EngineFault.Kind.values());

    private final RandomGenerator random;
    private final EnginePool pool;
    private final Map<EndpointId, HandEngine> engines = new LinkedHashMap<>();
    private final List<HandEngine> everyEngine = new ArrayList<>();
    private final List<Ear> ears = new ArrayList<>();
    private final Map<Ear, SessionId> busy = new LinkedHashMap<>();
    private final Map<Ear, Generation> handles = new LinkedHashMap<>();
    private long nowNanos = 1;
    private int joined;

    Story(RoutingStrategy strategy, RandomGenerator random) {
      this.random = random;
      this.pool =
          new EnginePool(
              "model",
              new EnginePool.Settings(strategy, Duration.ofSeconds(20), 8),
              (session, kvTokens) -> {},
              () -> nowNanos,
              random,
              Runnable::run);
      join();
      join();
      join();
    }

    void step() {
      switch (random.nextInt(14)) {
        case 0, 1, 2, 3 -> ask();
        case 4, 5, 6, 7, 8 -> move();
        case 9 -> cancel();
        case 10 -> nowNanos += random.nextLong(Duration.ofSeconds(8).toNanos());
        case 11 -> pool.tick();
        case 12 -> operate();
        default -> {
          if (engines.size() < 6) {
            join();
          }
        }
      }
    }

    private void join() {
      EndpointId id = new EndpointId("e" + joined++);
      HandEngine engine = new HandEngine();
      engines.put(id, engine);
      everyEngine.add(engine);
      boolean well = random.nextInt(4) > 0;
      pool.add(
          new PoolMember(
              id,
              engine,
              random.nextDouble(0.1, 4),
              random.nextInt(5),
              () -> CompletableFuture.completedFuture(well || random.nextBoolean())));
    }

    private void ask() {
      SessionId session = new SessionId("sess_%024d".formatted(random.nextInt(SESSIONS)));
      if (busy.containsValue(session)) {
        return;
      }
      Ear ear = new Ear();
      ears.add(ear);
      busy.put(ear, session);
      handles.put(
          ear,
          pool.generate(
              new GenerationRequest(
                  session,
                  TenantId.DEFAULT,
                  new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "Hello?"))),
                  Sampling.DEFAULTS,
                  null,
                  random.nextBoolean()),
              ear));
      forgetEnded();
    }

    private void move() {
      List<HandEngine.Run> runs = runs();
      if (runs.isEmpty()) {
        return;
      }
      HandEngine.Run run = runs.get(random.nextInt(runs.size()));
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          run.starts();
          run.says("Hello");
        }
        case 2 ->
            run.fails(
                new EngineFault(
                    KINDS.get(random.nextInt(KINDS.size())),
                    "scripted",
                    null,
                    random.nextInt(4) == 0 ? Duration.ofSeconds(random.nextInt(100)) : null));
        default -> {
          if (run.cancelled()) {
            run.stops();
          } else {
            run.finishes();
          }
        }
      }
      forgetEnded();
    }

    private void cancel() {
      handles.values().stream()
          .skip(random.nextInt(handles.size() + 1))
          .findFirst()
          .ifPresent(Generation::cancel);
    }

    private void operate() {
      List<EndpointId> ids = List.copyOf(engines.keySet());
      if (ids.isEmpty()) {
        return;
      }
      EndpointId id = ids.get(random.nextInt(ids.size()));
      switch (random.nextInt(5)) {
        case 0 -> pool.eject(id);
        case 1 -> pool.drain(id);
        case 2 -> {
          engines.remove(id);
          var _ = pool.remove(id);
        }
        default -> pool.restore(id);
      }
    }

    private List<HandEngine.Run> runs() {
      return everyEngine.stream().flatMap(engine -> engine.running().stream()).toList();
    }

    private void forgetEnded() {
      busy.keySet().removeIf(ear -> ends(ear) > 0);
      handles.keySet().removeIf(ear -> ends(ear) > 0);
    }

    private static long ends(Ear ear) {
      return ear.heard.stream().filter(GenerationEnd.class::isInstance).count();
    }

    void check() {
      int inFlight = pool.endpoints().stream().mapToInt(EndpointStatus::inFlight).sum();
      assertThat(inFlight).isEqualTo(runs().size());
      // Each generation that has not ended runs at exactly one endpoint.
      assertThat(runs()).hasSize(busy.size());
      for (Ear ear : ears) {
        assertThat(ends(ear)).isLessThanOrEqualTo(1);
        if (ends(ear) == 1) {
          assertThat(ear.heard.getLast()).isInstanceOf(GenerationEnd.class);
        }
      }
      EnginePool.Totals totals = pool.totals();
      assertThat(totals.sessionsKnown()).isLessThanOrEqualTo(8);
      assertThat(totals.retriesPaid()).isLessThanOrEqualTo(10 + ears.size() / 10);
      long unfit =
          pool.endpoints().stream()
              .filter(it ->
                  it.state() == EndpointState.ISOLATED || it.state() == EndpointState.SET_ASIDE)
              .count();
      // Endpoints that leave take their half with them.
      assertThat(unfit).isLessThanOrEqualTo((joined + 1) / 2);
    }

    void endAll() {
      while (!runs().isEmpty()) {
        runs().getFirst().finishes();
      }
      forgetEnded();
    }

    void checkEnd() {
      check();
      assertThat(busy).isEmpty();
      assertThat(ears).allSatisfy(ear -> assertThat(ends(ear)).isEqualTo(1));
      for (EndpointStatus status : pool.endpoints()) {
        EndpointStatus.Counts counts = status.counts();
        assertThat(counts.sent())
            .isEqualTo(
                counts.completed()
                    + counts.dropped()
                    + counts.failedBeforeText()
                    + counts.failedPartway());
      }
      everyEngine.stream()
          .filter(engine -> !engines.containsValue(engine))
          .forEach(gone -> assertThat(gone.closed()).isTrue());
    }
  }
}
