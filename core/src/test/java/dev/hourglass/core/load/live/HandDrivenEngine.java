package dev.hourglass.core.load.live;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/** An engine that does what a test does by hand, step by step. */
final class HandDrivenEngine implements Engine {
  static final String MODEL = "by-hand";
  private static final RandomGenerator RANDOM =
      RandomGeneratorFactory.of("L64X128MixRandom").create(1);

  private final EngineInfo info = new EngineInfo(MODEL, 1_000, 8_000, 4);
  CompletionStage<KvOccupancy> occupancy =
      CompletableFuture.completedFuture(new KvOccupancy(100, 8_000, Map.of()));
  EngineActivity activity =
      new EngineActivity(
          OptionalInt.of(1), OptionalInt.of(2), OptionalDouble.of(12.5), OptionalInt.of(64));

  /** One request on its way. */
  static final class Drive {
    private final GenerationSink sink;
    private PromptUsage prompt = new PromptUsage(0, 0, 0);

    private Drive(GenerationSink sink) {
      this.sink = sink;
    }

    void starts(int promptTokens, int cachedTokens) {
      prompt = new PromptUsage(promptTokens, cachedTokens, 0);
      sink.started(prompt);
    }

    void says(String text) {
      sink.text(new TextDelta(text, List.of()));
    }

    void finishes(int completionTokens) {
      sink.ended(
          new GenerationEnd.Finished(
              GenerationEnd.FinishReason.STOP, new GenerationUsage(prompt, completionTokens, 0)));
    }
  }

  private @Nullable GenerationSink newest;

  /** Sends a request through the observed engine to this one. */
  Drive ask(ObservedEngine observed) {
    var _ =
        observed.generate(
            new GenerationRequest(
                SessionId.random(RANDOM),
                new TenantId("anybody"),
                new Prompt.Text("x"),
                Sampling.DEFAULTS,
                null,
                false),
            new GenerationSink() {
              @Override
              public void started(PromptUsage usage) {}

              @Override
              public void text(TextDelta delta) {}

              @Override
              public void ended(GenerationEnd end) {}
            });
    return new Drive(Objects.requireNonNull(newest, "it was just asked"));
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    newest = sink;
    return () -> {};
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return occupancy;
  }

  @Override
  public EngineActivity activity() {
    return activity;
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    return CompletableFuture.completedFuture(new KvOutcome.Unsupported());
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return CompletableFuture.completedFuture(new SnapshotOutcome.Unsupported());
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    return CompletableFuture.completedFuture(new KvOutcome.Unsupported());
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return CompletableFuture.completedFuture(new Residue.Unknown());
  }

  @Override
  public void close() {}
}
