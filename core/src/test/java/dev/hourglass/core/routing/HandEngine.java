package dev.hourglass.core.routing;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationEnd.FinishReason;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** An engine whose every move a test makes by hand, on the test's thread. */
final class HandEngine implements Engine {
  static final int PROMPT_TOKENS = 100;

  private final List<Run> running = new ArrayList<>();
  private final Map<SessionId, Integer> kvTokens = new HashMap<>();
  private KvOutcome releaseOutcome = new KvOutcome.Applied(0);
  private int generations;
  private boolean closed;
  private boolean broken;

  /** A generation that waits for what the test makes of it. */
  final class Run implements Generation {
    private final GenerationRequest request;
    private final GenerationSink sink;
    private boolean cancelled;

    private Run(GenerationRequest request, GenerationSink sink) {
      this.request = request;
      this.sink = sink;
    }

    void starts() {
      sink.started(new PromptUsage(PROMPT_TOKENS, 0, 0));
    }

    void says(String text) {
      sink.text(new TextDelta(text, List.of()));
    }

    void finishes() {
      int held = request.retain() ? PROMPT_TOKENS + 10 : 0;
      if (held > 0) {
        kvTokens.put(request.session(), held);
      }
      ends(new GenerationEnd.Finished(FinishReason.STOP, usage(held)));
    }

    void fails(EngineFault fault) {
      ends(new GenerationEnd.Failed(fault, GenerationUsage.NONE));
    }

    private GenerationUsage usage(int held) {
      return new GenerationUsage(new PromptUsage(PROMPT_TOKENS, 0, 0), 10, held);
    }

    private void ends(GenerationEnd end) {
      running.remove(this);
      sink.ended(end);
    }

    /** Notes the wish; the engine's thread, the test, follows it when it likes. */
    @Override
    public void cancel() {
      cancelled = true;
    }

    boolean cancelled() {
      return cancelled;
    }

    void stops() {
      ends(new GenerationEnd.Cancelled(usage(0)));
    }
  }

  List<Run> running() {
    return running;
  }

  /** The only generation that runs. */
  Run run() {
    if (running.size() != 1) {
      throw new AssertionError(running.size() + " generations run");
    }
    return running.getFirst();
  }

  int generations() {
    return generations;
  }

  boolean closed() {
    return closed;
  }

  void releasesWith(KvOutcome outcome) {
    releaseOutcome = outcome;
  }

  void breaksOff() {
    broken = true;
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo("model", 4_096, 10_000, 8);
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    generations++;
    if (broken) {
      throw new IllegalStateException("broken");
    }
    Run run = new Run(request, sink);
    running.add(run);
    return run;
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    if (!(releaseOutcome instanceof KvOutcome.Applied)) {
      return CompletableFuture.completedFuture(releaseOutcome);
    }
    Integer held = kvTokens.remove(session);
    return CompletableFuture.completedFuture(new KvOutcome.Applied(held == null ? 0 : held));
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return CompletableFuture.completedFuture(new SnapshotOutcome.Empty());
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    kvTokens.put(session, snapshot.kvTokens());
    return CompletableFuture.completedFuture(new KvOutcome.Applied(snapshot.kvTokens()));
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return CompletableFuture.completedFuture(
        new Residue.Counted(kvTokens.getOrDefault(session, 0)));
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    int used = kvTokens.values().stream().mapToInt(Integer::intValue).sum();
    return CompletableFuture.completedFuture(new KvOccupancy(used, 10_000, kvTokens));
  }

  @Override
  public void close() {
    closed = true;
  }
}
