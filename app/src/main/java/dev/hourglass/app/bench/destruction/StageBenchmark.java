package dev.hourglass.app.bench.destruction;

import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.retention.DestructionReason;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.Session;
import dev.hourglass.core.session.SessionTable;
import dev.hourglass.core.session.TurnRecord;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Destroys durable sessions of the embedded engine one by one, each after a turn that left KV state
 * and a transcript. Nothing else runs, so no stage waits for a step in flight.
 */
final class StageBenchmark {
  private static final int WARM_UP = 10;
  private static final List<ChatMessage> QUESTION =
      List.of(new ChatMessage(ChatRole.USER, "Name three colours of the rainbow, please."));

  private final Path model;
  private final Path natives;
  private final Path folder;
  private final int rounds;

  StageBenchmark(Path model, Path natives, Path folder, int rounds) {
    this.model = model;
    this.natives = natives;
    this.folder = folder;
    this.rounds = rounds;
  }

  StageTimes run() throws ExpectedFailure {
    LlamaOpening opening =
        LlamaEngine.open(
            LlamaSettings.of(model, "bench", natives),
            new LeastRecentlyUsed(),
            (_, _) -> {},
            System::nanoTime,
            new SecureRandom());
    return switch (opening) {
      case LlamaOpening.Opened(LlamaEngine engine) -> run(engine);
      case LlamaOpening.Unavailable(String reason) -> throw new ExpectedFailure(reason);
    };
  }

  private StageTimes run(LlamaEngine engine) {
    StageTimes times = new StageTimes();
    try (DestructionHouse house =
        new DestructionHouse(folder.resolve("stages.db"), (SessionTable _) -> engine)) {
      for (int round = -WARM_UP; round < rounds; round++) {
        Session session = house.explicit();
        generate(house.engine, session);
        record(house, session);
        var receipt = house.destruction.destroy(session, DestructionReason.CLOSED).join();
        Duration untilTextIsGone = untilTextIsGone(house, session);
        if (round >= 0) {
          times.add(receipt);
          times.textGoneAfter(untilTextIsGone);
        }
      }
    }
    return times;
  }

  /** How long after the receipt the database's log is emptied. */
  private static Duration untilTextIsGone(DestructionHouse house, Session session) {
    long begin = System.nanoTime();
    while (house.store.textLeft(session.id())) {
      Thread.onSpinWait();
    }
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private static void generate(Engine engine, Session session) {
    CompletableFuture<GenerationEnd> end = new CompletableFuture<>();
    engine.generate(
        new GenerationRequest(
            session.id(),
            session.tenant(),
            new Prompt.Chat(QUESTION),
            Sampling.GREEDY,
            4,
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
    end.join();
  }

  private static void record(DestructionHouse house, Session session) {
    Instant now = house.now();
    house.store.append(
        new TurnRecord(
            session.id(),
            1,
            null,
            TurnRecord.Status.COMPLETED,
            QUESTION,
            "Red, green, blue.",
            GenerationEnd.FinishReason.STOP,
            20,
            0,
            4,
            now,
            now));
  }
}
