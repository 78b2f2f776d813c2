package dev.hourglass.core.routing;

import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.Placement;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.routing.CircuitBreaker.Outcome;
import dev.hourglass.core.routing.Dispatch.Choice;
import dev.hourglass.core.routing.FaultVerdict.Retry;
import dev.hourglass.core.session.SessionId;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One generation on its way through a pool, which may take several attempts.
 *
 * <p>Until the first text nothing has been told to the sink: what an endpoint said of the start is
 * held back. An attempt that fails until then is made again elsewhere, if its fault allows it, the
 * deadline has not passed and the budget pays; an attempt that never reached its endpoint is made
 * again for nothing. From the first text on a failure is the end.
 *
 * <p>Each attempt holds a {@link PooledEndpoint.Call}, which ends exactly once.
 */
final class PooledGeneration implements Generation {
  private static final Logger log = LoggerFactory.getLogger(PooledGeneration.class);

  private final Dispatch dispatch;
  private final Settled settled;
  private final GenerationRequest request;
  private final GenerationSink sink;
  private final long arrivedNanos;
  private final Set<EndpointId> tried = new HashSet<>();

  // Guarded by this.
  private @Nullable Attempt current;
  private boolean cancelled;

  /** Learns where a session's state is after an attempt. */
  interface Settled {
    void at(SessionId session, PooledEndpoint endpoint, int kvTokens, boolean moved);
  }

  PooledGeneration(
      Dispatch dispatch,
      Settled settled,
      GenerationRequest request,
      GenerationSink sink,
      long arrivedNanos) {
    this.dispatch = dispatch;
    this.settled = settled;
    this.request = request;
    this.sink = sink;
    this.arrivedNanos = arrivedNanos;
  }

  void start() {
    switch (dispatch.choose(request)) {
      case Choice.Chosen(var call, var moved) -> attempt(call, moved);
      case Choice.Nobody(var fault) ->
          sink.ended(new GenerationEnd.Failed(fault, GenerationUsage.NONE));
      case Choice.NoBudget() -> throw new IllegalStateException("a first attempt costs nothing");
    }
  }

  @Override
  public void cancel() {
    Attempt running;
    synchronized (this) {
      cancelled = true;
      running = current;
    }
    if (running != null) {
      running.cancel();
    }
  }

  // Only an attempt that has told something is ever paused, and no other one follows it.

  @Override
  public void pause() {
    Attempt running = attempt();
    if (running != null) {
      running.generation().pause();
    }
  }

  @Override
  public void resume() {
    Attempt running = attempt();
    if (running != null) {
      running.generation().resume();
    }
  }

  private synchronized @Nullable Attempt attempt() {
    return current;
  }

  private synchronized boolean isCancelled() {
    return cancelled;
  }

  private void attempt(PooledEndpoint.Call call, boolean moved) {
    tried.add(call.endpoint().id());
    Attempt attempt = new Attempt(call, moved);
    synchronized (this) {
      current = attempt;
    }
    Generation running;
    try {
      running = call.endpoint().member().engine().generate(request, attempt);
    } catch (RuntimeException defect) {
      log.error("endpoint {} could not be asked", call.endpoint().id(), defect);
      attempt.ended(
          new GenerationEnd.Failed(
              new EngineFault(EngineFault.Kind.INTERNAL, "the endpoint broke off by a defect here"),
              GenerationUsage.NONE));
      return;
    }
    attempt.runs(running);
  }

  /** The generation at one endpoint. */
  private final class Attempt implements GenerationSink {
    /** So many pieces of text are timed together. */
    private static final int PIECES_TIMED = 32;

    private final PooledEndpoint.Call call;
    private final boolean moved;
    private @Nullable PromptUsage started;
    private boolean texted;
    private boolean over;
    private int untimedPieces;

    // Guarded by this.
    private @Nullable Generation running;

    private Attempt(PooledEndpoint.Call call, boolean moved) {
      this.call = call;
      this.moved = moved;
    }

    private void runs(Generation generation) {
      synchronized (this) {
        running = generation;
      }
      // Whoever cancelled before had nothing to cancel.
      if (isCancelled()) {
        generation.cancel();
      }
    }

    private void cancel() {
      generation().cancel();
    }

    /** What runs at the endpoint; something that does nothing until it does. */
    private synchronized Generation generation() {
      return running == null ? () -> {} : running;
    }

    @Override
    public void started(PromptUsage usage) {
      started = usage;
    }

    @Override
    public void text(TextDelta delta) {
      if (over) {
        return;
      }
      if (!texted) {
        texted = true;
        dispatch.firstText(
            call, started == null ? 0 : started.promptTokens() - started.cachedTokens());
        tellStart();
      } else if (++untimedPieces == PIECES_TIMED) {
        dispatch.pieces(call, untimedPieces);
        untimedPieces = 0;
      }
      sink.text(delta);
    }

    private void tellStart() {
      sink.placed(new Placement(call.endpoint().id().value(), moved));
      if (started != null) {
        sink.started(started);
      }
    }

    @Override
    public void ended(GenerationEnd end) {
      if (over) {
        return;
      }
      over = true;
      if (untimedPieces > 0) {
        dispatch.pieces(call, untimedPieces);
      }
      switch (end) {
        case GenerationEnd.Finished _ -> dispatch.ended(call, Outcome.SUCCESS);
        case GenerationEnd.Cancelled _ -> dispatch.ended(call, Outcome.DROPPED);
        case GenerationEnd.Failed(var fault, _) -> {
          if (isCancelled()) {
            // Leaving is not the endpoint's failure, whatever it makes of it.
            dispatch.ended(call, Outcome.DROPPED);
            tell(new GenerationEnd.Cancelled(end.usage()));
            return;
          }
          dispatch.failed(call, fault);
          if (!texted && triedElsewhere(fault)) {
            return;
          }
        }
      }
      tell(end);
    }

    private boolean triedElsewhere(EngineFault fault) {
      Retry retry = FaultVerdict.of(fault).retry();
      if (retry == Retry.POINTLESS) {
        return false;
      }
      return switch (dispatch.chooseAgain(request, tried, retry == Retry.FREE, arrivedNanos)) {
        case Choice.Chosen(var next, var movesAgain) -> {
          attempt(next, movesAgain);
          yield true;
        }
        case Choice.Nobody _, Choice.NoBudget _ -> false;
      };
    }

    private void tell(GenerationEnd end) {
      if (end.usage().kvTokens() > 0 || (request.retain() && started != null)) {
        settled.at(request.session(), call.endpoint(), heldTokens(end.usage()), moved);
      }
      if (!texted && started != null && end instanceof GenerationEnd.Finished) {
        tellStart();
      }
      sink.ended(end);
    }

    /** What the endpoint says that it holds, or what it has seen where it cannot say. */
    private int heldTokens(GenerationUsage usage) {
      return usage.kvTokens() > 0
          ? usage.kvTokens()
          : usage.prompt().promptTokens() + usage.completionTokens();
    }
  }
}
