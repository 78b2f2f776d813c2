package dev.hourglass.verify.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineFault.Kind;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.routing.EndpointId;
import dev.hourglass.core.routing.EndpointStatus;
import dev.hourglass.core.routing.EnginePool;
import dev.hourglass.core.routing.PoolMember;
import dev.hourglass.testkit.engine.EngineContractTest;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A pool is an engine like any other, and stays one while its endpoints fail under it. */
final class EnginePoolContractTest extends EngineContractTest {
  private static final int GENERATIONS = 400;

  private final List<ScriptedEngine> engines = new ArrayList<>();

  @Override
  protected Engine openEngine() {
    // Long enough for every token limit of the contract; whoever asks for more is still at it.
    String[] words = Collections.nCopies(100, " word").toArray(String[]::new);
    EnginePool pool =
        new EnginePool(
            "scripted",
            EnginePool.Settings.DEFAULTS,
            (session, kvTokens) -> {},
            System::nanoTime,
            new SplittableRandom(4),
            Runnable::run);
    for (int number = 1; number <= 3; number++) {
      EndpointId id = new EndpointId("endpoint-" + number);
      ScriptedEngine engine =
          new ScriptedEngine("scripted", 10_000, pool.residencyOf(id))
              .otherwise(Script.says(words).thenAwaits(new CountDownLatch(1)).thenSays(" late"));
      engines.add(engine);
      pool.add(new PoolMember(id, engine, 1, 8, () -> CompletableFuture.completedFuture(true)));
    }
    return pool;
  }

  @Test
  void whileEndpointsFailEveryGenerationEndsOnceAndNobodyFailsBeforeItsFirstToken() {
    // Two of three are gone for their next forty calls each; the third never fails.
    for (ScriptedEngine engine : engines.subList(0, 2)) {
      for (int call = 0; call < 40; call++) {
        engine.next(Script.says().thenDies(Kind.UNREACHABLE, "scripted"));
      }
    }
    List<RecordingSink> sinks = new ArrayList<>();
    for (int number = 0; number < GENERATIONS; number++) {
      sinks.add(generate(newSession(), chat("Hello " + number), 5));
    }
    for (RecordingSink sink : sinks) {
      GenerationEnd end = sink.awaitEnd();
      assertThat(end).isInstanceOf(GenerationEnd.Finished.class);
      assertThat(end.usage().completionTokens()).isEqualTo(5);
    }
    assertThat(pool().endpoints()).extracting(EndpointStatus::inFlight).containsOnly(0);
    assertThat(pool().endpoints().stream().mapToLong(it -> it.counts().completed()).sum())
        .isEqualTo(GENERATIONS);
    assertThat(pool().totals().sessionsKnown()).isEqualTo(GENERATIONS);
  }

  private EnginePool pool() {
    return (EnginePool) engine();
  }
}
