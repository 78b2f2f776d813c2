package dev.hourglass.engine.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.gguf.TinyModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An engine whose thread dies: nobody waits for it for ever, and it keeps nothing. */
class DyingThreadTest {
  /** What each session holds, as the engine told it. */
  private final Map<SessionId, Integer> told = new ConcurrentHashMap<>();

  private final AtomicBoolean deadly = new AtomicBoolean();
  private final LlamaEngine engine =
      switch (LlamaEngine.open(
          LlamaEngines.settings(TinyModel.endless(1)),
          new LeastRecentlyUsed(),
          told::put,
          this::nanos,
          new Random(7))) {
        case LlamaOpening.Opened(LlamaEngine opened) -> opened;
        case LlamaOpening.Unavailable(String reason) -> throw new AssertionError(reason);
      };
  private int sessions;

  /** The engine looks at the clock in each step. */
  private long nanos() {
    if (deadly.get()) {
      throw new LinkageError("the thread is killed");
    }
    return System.nanoTime();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void whateverRunsWaitsOrIsAskedGetsItsAnswer() throws Exception {
    SessionId idle = newSession();
    start(idle, new RecordingSink(), 4).awaitFinished();
    assertThat(told.get(idle)).isPositive();
    StallingSink stalling = new StallingSink();
    engine.generate(request(newSession(), 400), stalling);
    stalling.inside.await();

    // The engine's thread is inside of a sink: all of this is in its mailbox when it dies.
    List<RecordingSink> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      waiting.add(start(newSession(), new RecordingSink(), 4));
    }
    CompletableFuture<KvOutcome> release = engine.release(idle).toCompletableFuture();
    CompletableFuture<Residue> residue = engine.residue(idle).toCompletableFuture();
    CompletableFuture<SnapshotOutcome> snapshot = engine.snapshot(idle).toCompletableFuture();
    CompletableFuture<KvOccupancy> occupancy = engine.occupancy().toCompletableFuture();
    deadly.set(true);
    stalling.goOn.countDown();

    assertThat(fault(stalling.ended.get(30, TimeUnit.SECONDS)).kind())
        .isEqualTo(EngineFault.Kind.INTERNAL);
    for (RecordingSink sink : waiting) {
      assertThat(fault(sink.awaitEnd()).kind()).isEqualTo(EngineFault.Kind.INTERNAL);
    }
    assertThat(release.get(30, TimeUnit.SECONDS)).isInstanceOf(KvOutcome.Applied.class);
    assertThat(residue.get(30, TimeUnit.SECONDS)).isEqualTo(new Residue.Counted(0));
    assertThat(snapshot.get(30, TimeUnit.SECONDS)).isEqualTo(new SnapshotOutcome.Empty());
    assertThat(occupancy.get(30, TimeUnit.SECONDS).usedTokens()).isGreaterThanOrEqualTo(0);
  }

  @Test
  void itIsDownAndHoldsNothingAndAnswersAtOnce() throws Exception {
    SessionId session = newSession();
    start(session, new RecordingSink(), 4).awaitFinished();
    assertThat(engine.isDown()).isFalse();
    deadly.set(true);
    start(newSession(), new RecordingSink(), 4).awaitEnd();

    // Joins the thread: everything native is freed by then.
    engine.close();

    assertThat(engine.isDown()).isTrue();
    assertThat(engine.occupancy().toCompletableFuture().get(30, TimeUnit.SECONDS).usedTokens())
        .isZero();
    assertThat(told.values()).containsOnly(0);
    assertThat(engine.stats().runningGenerations()).isZero();
    assertThat(engine.stats().queuedGenerations()).isZero();
    EngineFault refused = fault(start(session, new RecordingSink(), 4).awaitEnd());
    assertThat(refused.kind()).isEqualTo(EngineFault.Kind.STOPPED);
    assertThat(refused.message()).contains("is down").contains("expected: a restart");
  }

  @Test
  void anErrorOfASinkIsNotTheEnginesEnd() throws Exception {
    CompletableFuture<GenerationEnd> end = new CompletableFuture<>();
    engine.generate(
        request(newSession(), 400),
        new GenerationSink() {
          @Override
          public void started(PromptUsage usage) {}

          @Override
          public void text(TextDelta delta) {
            throw new LinkageError("a guest's own trouble");
          }

          @Override
          public void ended(GenerationEnd ended) {
            end.complete(ended);
          }
        });

    assertThat(end.get(30, TimeUnit.SECONDS)).isInstanceOf(GenerationEnd.Cancelled.class);
    start(newSession(), new RecordingSink(), 4).awaitFinished();
    assertThat(engine.isDown()).isFalse();
  }

  @Test
  void anEngineThatIsClosedIsNotDown() {
    engine.close();

    assertThat(engine.isDown()).isFalse();
  }

  /** Holds the engine's thread at its first text. */
  private static final class StallingSink implements GenerationSink {
    final CountDownLatch inside = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    final CompletableFuture<GenerationEnd> ended = new CompletableFuture<>();

    @Override
    public void started(PromptUsage usage) {}

    @Override
    public void text(TextDelta delta) {
      inside.countDown();
      try {
        goOn.await();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void ended(GenerationEnd end) {
      ended.complete(end);
    }
  }

  private static EngineFault fault(GenerationEnd end) {
    assertThat(end).isInstanceOf(GenerationEnd.Failed.class);
    return ((GenerationEnd.Failed) end).fault();
  }

  private RecordingSink start(SessionId session, RecordingSink sink, int maxTokens) {
    engine.generate(request(session, maxTokens), sink);
    return sink;
  }

  private static GenerationRequest request(SessionId session, int maxTokens) {
    return new GenerationRequest(
        session,
        TenantId.DEFAULT,
        new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "Hello"))),
        Sampling.GREEDY,
        maxTokens,
        true);
  }

  private SessionId newSession() {
    return new SessionId("sess_%024d".formatted(sessions++));
  }
}
