package dev.hourglass.verify.destruction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.Destruction;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.retention.Sweep;
import dev.hourglass.core.retention.SweepReport;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.testkit.gguf.TinyModel;
import dev.hourglass.testkit.store.InMemorySessionStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One sweep leaves no native cell behind that nobody owns, on the real engine. */
class LlamaLeakGuardTest {
  private final ManualTime time = new ManualTime();
  private final EventBus bus = new EventBus();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final SessionTable table =
      new SessionTable(
          new SessionLimits(100, 100, 8, DestructionHouse.TTL, Duration.ofDays(1)),
          new Random(1),
          time,
          bus);
  private LlamaEngine engine;
  private Sweep sweep;
  private Destruction destruction;

  /** Whether the engine's thread meets its end at its next look at the clock. */
  private final AtomicBoolean deadly = new AtomicBoolean();

  @BeforeEach
  void open(@TempDir Path folder) {
    LlamaSettings settings =
        LlamaSettings.of(
                TinyModel.endless(1).write(folder.resolve("tiny.gguf")),
                "tiny",
                Path.of("target", "tiny", "native").toAbsolutePath())
            .withThreads(ComputeThreads.of(1))
            .withMaxSequences(8)
            .withContextTokens(512)
            .withKvTokens(4096);
    engine =
        switch (LlamaEngine.open(
            settings, new LeastRecentlyUsed(), table, this::nanos, new Random(7))) {
          case LlamaOpening.Opened(LlamaEngine opened) -> opened;
          case LlamaOpening.Unavailable(String reason) -> throw new AssertionError(reason);
        };
    EngineDirectory engines = new EngineDirectory(List.of(engine), Map.of());
    destruction =
        new Destruction(
            table,
            engines,
            new InMemorySessionStore(),
            threads,
            time,
            bus,
            Destruction.Settings.DEFAULTS);
    sweep = new Sweep(table, engines, destruction, time, bus);
  }

  private long nanos() {
    if (deadly.get()) {
      throw new LinkageError("the thread is killed");
    }
    return System.nanoTime();
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    engine.close();
  }

  @Test
  void afterOneSweepNoCellIsUsedThatNobodyOwns() throws Exception {
    Session kept = talk();
    for (int i = 0; i < 5; i++) {
      table.remove(talk());
    }
    assertThat(usedCells()).isGreaterThan(kept.snapshot().kvTokens());

    SweepReport report = sweep.run().get(30, TimeUnit.SECONDS);

    assertThat(report.orphans()).isEqualTo(5);
    assertThat(report.released()).isEqualTo(5);
    assertThat(usedCells()).isEqualTo(kept.snapshot().kvTokens());
    table.remove(kept);
    var _ = sweep.run().get(30, TimeUnit.SECONDS);
    assertThat(usedCells()).isZero();
  }

  @Test
  void aLeaseThatIsNeverClosedHoldsItsCellsNoLongerThanItIsReachable() throws Exception {
    Session session = talk();
    loseALease(session);
    while (session.leases() > 0) {
      System.gc();
      Thread.onSpinWait();
    }
    SweepReport report = sweep.run().get(30, TimeUnit.SECONDS);
    assertThat(report.lostLeases()).isEqualTo(1);
    assertThat(report.leakRate()).isEqualTo(1);
    time.pass(DestructionHouse.TTL);

    report = sweep.run().get(30, TimeUnit.SECONDS);

    assertThat(report.expired()).isEqualTo(1);
    await().until(() -> table.size() == 0);
    assertThat(usedCells()).isZero();
  }

  @Test
  void anEngineWhoseThreadIsKilledHoldsNothingAfterOneSweep() throws Exception {
    Session kept = talk();
    Session closed = talk();
    deadly.set(true);
    assertThat(generate(kept)).isInstanceOf(GenerationEnd.Failed.class);

    SweepReport report = sweep.run().get(30, TimeUnit.SECONDS);

    assertThat(engine.isDown()).isTrue();
    assertThat(report.failed()).isZero();
    assertThat(usedCells()).isZero();
    assertThat(kept.snapshot().kvTokens()).isZero();
    DestructionReceipt receipt =
        destruction.destroy(closed, DestructionReason.CLOSED).get(30, TimeUnit.SECONDS);
    assertThat(receipt.failed()).isFalse();
    assertThat(receipt.residue()).isEqualTo(new Residue.Counted(0));
    assertThat(generate(kept)).isInstanceOf(GenerationEnd.Failed.class);
  }

  /** In a frame of its own, whose slots go with it. */
  private static void loseALease(Session session) {
    var _ = session.hold().orElseThrow();
  }

  private Session talk() throws Exception {
    Session session = table.addImplicit(TenantId.DEFAULT, "tiny").session();
    assertThat(generate(session)).isInstanceOf(GenerationEnd.Finished.class);
    return session;
  }

  private GenerationEnd generate(Session session) throws Exception {
    CompletableFuture<GenerationEnd> end = new CompletableFuture<>();
    engine.generate(
        new GenerationRequest(
            session.id(),
            session.tenant(),
            new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "Hello " + session.id()))),
            Sampling.GREEDY,
            8,
            true,
            null),
        new GenerationSink() {
          @Override
          public void started(PromptUsage usage) {}

          @Override
          public void text(TextDelta delta) {}

          @Override
          public void ended(GenerationEnd ended) {
            end.complete(ended);
          }
        });
    return end.get(60, TimeUnit.SECONDS);
  }

  private int usedCells() throws Exception {
    return engine.occupancy().toCompletableFuture().get(30, TimeUnit.SECONDS).usedTokens();
  }
}
