package dev.hourglass.core.residency;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.ForwardingEngine;
import dev.hourglass.core.engine.ForwardingSink;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.StateOffer;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An engine with tiers below it. A turn whose session has a snapshot gets its state back first;
 * every other turn goes straight on. What is released is gone from every tier, and the residue
 * counts them all.
 *
 * <p>A restored state is no more than a cache: the engine uses as much of it as the prompt begins
 * with, so a snapshot that is behind the transcript costs time and never truth.
 */
public final class LadderedEngine extends ForwardingEngine {
  private final SnapshotLadder ladder;
  private final LongSupplier nanoClock;

  /** Restores under way, each one turn's; bounded by the turns in the house. */
  private final Map<SessionId, Promotion> promotions = new ConcurrentHashMap<>();

  /**
   * Puts tiers below an engine.
   *
   * @param ladder the one that the engine demotes to and tells its residency
   * @param nanoClock a monotonic clock
   */
  public LadderedEngine(Engine engine, SnapshotLadder ladder, LongSupplier nanoClock) {
    super(engine);
    this.ladder = ladder;
    this.nanoClock = nanoClock;
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    PrefillWatch watched = new PrefillWatch(sink);
    if (!ladder.holds(request.session())) {
      return super.generate(request, watched);
    }
    Promotion promotion = new Promotion(request, watched, nanoClock.getAsLong());
    promotions.put(request.session(), promotion);
    promotion.begin();
    return promotion;
  }

  /** A generation that waits for its session's state. */
  private final class Promotion implements Generation {
    private final GenerationRequest request;
    private final GenerationSink sink;
    private final long arrivedNanos;
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    // Guarded by this.
    private boolean cancelled;
    private @Nullable Generation generation;

    Promotion(GenerationRequest request, GenerationSink sink, long arrivedNanos) {
      this.request = request;
      this.sink = sink;
      this.arrivedNanos = arrivedNanos;
    }

    void begin() {
      var _ =
          ladder
              .claim(request.session(), request.tenant())
              .whenComplete((claim, _) -> proceed(claim));
    }

    /** With its state on offer or without it: then it is computed again. */
    private void proceed(SnapshotLadder.@Nullable Claim claim) {
      Generation begun;
      if (claim == null) {
        begun = LadderedEngine.super.generate(request, sink);
      } else {
        Return offered = new Return(claim, sink, nanoClock.getAsLong() - arrivedNanos);
        begun = LadderedEngine.super.generate(request, offered, offered);
      }
      boolean unwanted;
      synchronized (this) {
        generation = begun;
        unwanted = cancelled;
      }
      promotions.remove(request.session(), this);
      over.complete(null);
      if (unwanted) {
        begun.cancel();
      }
    }

    @Override
    public void cancel() {
      Generation running;
      synchronized (this) {
        cancelled = true;
        running = generation;
      }
      if (running != null) {
        running.cancel();
      }
    }

    @Override
    public void pause() {
      running().pause();
    }

    @Override
    public void resume() {
      running().resume();
    }

    private synchronized Generation running() {
      return generation == null ? () -> {} : generation;
    }
  }

  /** A state on its way back, and what hears whether it is needed. On the engine's thread. */
  private static final class Return extends ForwardingSink implements StateOffer {
    private final SnapshotLadder.Claim claim;
    private final long claimNanos;
    private boolean decided;

    Return(SnapshotLadder.Claim claim, GenerationSink sink, long claimNanos) {
      super(sink);
      this.claim = claim;
      this.claimNanos = claimNanos;
    }

    @Override
    public KvSnapshot snapshot() {
      return claim.snapshot();
    }

    @Override
    public void applied(int kvTokens, long nanos) {
      claim.applied(kvTokens, claimNanos + nanos);
      close();
    }

    @Override
    public void refused(String reason) {
      claim.refused();
      close();
    }

    @Override
    public void started(PromptUsage usage) {
      close();
      super.started(usage);
    }

    @Override
    public void ended(GenerationEnd end) {
      if (!decided) {
        decided = true;
        claim.giveBack();
      }
      super.ended(end);
    }

    private void close() {
      if (!decided) {
        decided = true;
        claim.close();
      }
    }
  }

  /** Learns from a generation how long its prompt takes. Called on the engine's thread. */
  private final class PrefillWatch extends ForwardingSink {
    private int computedTokens;
    private long startedNanos;

    PrefillWatch(GenerationSink sink) {
      super(sink);
    }

    @Override
    public void started(PromptUsage usage) {
      computedTokens = usage.promptTokens() - usage.cachedTokens();
      startedNanos = nanoClock.getAsLong();
      super.started(usage);
    }

    @Override
    public void text(TextDelta delta) {
      if (computedTokens > 0) {
        ladder.prefilled(computedTokens, nanoClock.getAsLong() - startedNanos);
        computedTokens = 0;
      }
      super.text(delta);
    }
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    Promotion promotion = promotions.get(session);
    if (promotion != null) {
      promotion.cancel();
      return promotion.over.thenCompose(_ -> release(session));
    }
    return super.release(session)
        .thenCompose(outcome -> ladder.discard(session).thenApply(_ -> outcome));
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return super.residue(session)
        .thenApply(left ->
            left instanceof Residue.Counted(int kvTokens)
                ? new Residue.Counted(kvTokens + ladder.kvTokens(session))
                : left);
  }

  @Override
  public void close() {
    super.close();
    ladder.close();
  }
}
