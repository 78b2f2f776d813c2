package dev.hourglass.verify.destruction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.event.Event;
import dev.hourglass.core.event.EventBus;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.DestructionReceipt;
import dev.hourglass.core.retention.DestructionReceipt.Stage;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.retention.ReleaseReceipts;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionLimits;
import dev.hourglass.core.session.SessionState;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.gguf.TinyModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the real engine lets go by policy leaves a receipt, and its session lives on. */
class LlamaReleaseReceiptsTest {
  private static final TenantId ACME = new TenantId("acme");

  private final ManualTime time = new ManualTime();
  private final EventBus bus = new EventBus();
  private final SessionTable table =
      new SessionTable(
          new SessionLimits(100, 100, 8, DestructionHouse.TTL, Duration.ofDays(1)),
          new Random(1),
          time,
          bus);
  private final Queue<DestructionReceipt> receipts = new ConcurrentLinkedQueue<>();
  private LlamaEngine engine;

  /** Two sessions can be resident. */
  @BeforeEach
  void open(@TempDir Path folder) {
    bus.subscribe(event -> {
      if (event instanceof Event.SessionReleased(_, DestructionReceipt receipt)) {
        receipts.add(receipt);
      }
    });
    LlamaSettings settings =
        LlamaSettings.of(
                TinyModel.endless(1).write(folder.resolve("tiny.gguf")),
                "tiny",
                Path.of("target", "tiny", "native").toAbsolutePath())
            .withThreads(ComputeThreads.of(1))
            .withMaxSequences(2)
            .withContextTokens(512)
            .withKvTokens(4096);
    engine =
        switch (LlamaEngine.open(
            settings,
            new LeastRecentlyUsed(),
            table.andThen(new ReleaseReceipts(table, time, bus)),
            System::nanoTime,
            new Random(7))) {
          case LlamaOpening.Opened(LlamaEngine opened) -> opened;
          case LlamaOpening.Unavailable(String reason) -> throw new AssertionError(reason);
        };
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void whoeverGoesForWantOfRoomLeavesAReceiptOfPressure() {
    Session first = talk();
    Session second = talk();
    assertThat(receipts).isEmpty();

    Session third = talk();

    assertThat(receipts)
        .singleElement()
        .satisfies(receipt -> {
          assertThat(receipt.session()).isEqualTo(first.id());
          assertThat(receipt.tenant()).isEqualTo(ACME);
          assertThat(receipt.reason()).isEqualTo(DestructionReason.PRESSURE);
          assertThat(receipt.failed()).isFalse();
          assertThat(receipt.stages())
              .extracting(DestructionReceipt.StageResult::stage)
              .containsExactly(Stage.KV, Stage.VERIFY);
          assertThat(receipt.residue()).isEqualTo(new Residue.Counted(0));
        });
    assertThat(first.state()).isEqualTo(SessionState.IDLE);
    assertThat(first.snapshot().kvTokens()).isZero();
    assertThat(second.snapshot().kvTokens()).isPositive();
    assertThat(third.snapshot().kvTokens()).isPositive();
  }

  @Test
  void whoeverIsAskedToMakeRoomLeavesAReceiptOfValue() throws Exception {
    Session session = talk();

    KvOutcome outcome =
        engine.makeRoom(session.id()).toCompletableFuture().get(30, TimeUnit.SECONDS);
    engine.makeRoom(session.id()).toCompletableFuture().get(30, TimeUnit.SECONDS);

    assertThat(outcome).isInstanceOf(KvOutcome.Applied.class);
    assertThat(receipts)
        .singleElement()
        .extracting(DestructionReceipt::reason)
        .isEqualTo(DestructionReason.VALUE);
    assertThat(session.state()).isEqualTo(SessionState.IDLE);
    assertThat(generate(session)).isInstanceOf(GenerationEnd.Finished.class);
  }

  @Test
  void stateOfNobodyGoesWithoutAReceipt() throws Exception {
    Session session = talk();
    table.remove(session);

    engine.makeRoom(session.id()).toCompletableFuture().get(30, TimeUnit.SECONDS);

    assertThat(receipts).isEmpty();
  }

  private Session talk() {
    Session session = table.addImplicit(ACME, "tiny").session();
    assertThat(generate(session)).isInstanceOf(GenerationEnd.Finished.class);
    return session;
  }

  private GenerationEnd generate(Session session) {
    RecordingSink sink = new RecordingSink();
    engine.generate(
        new GenerationRequest(
            session.id(),
            session.tenant(),
            new Prompt.Chat(List.of(new ChatMessage(ChatRole.USER, "Hello " + session.id()))),
            Sampling.GREEDY,
            8,
            true,
            null),
        sink);
    return sink.awaitEnd();
  }
}
