package dev.hourglass.app.bench.overload;

import dev.hourglass.core.engine.Engine;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * An engine whose capacity is known: it says one word at once, and is done after ten milliseconds
 * for each token that was asked for. What comes while all slots are in use waits in order, without
 * end.
 */
final class PacedEngine implements Engine {
  static final String MODEL = "paced";
  static final int MILLIS_PER_TOKEN = 10;

  /** Handing a slot to the next turn takes a moment; what is shorter is not idleness. */
  private static final long HANDOVER_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final int CONTEXT_TOKENS = 1_000_000;
  private static final GenerationUsage USAGE = new GenerationUsage(new PromptUsage(1, 0, 0), 1, 0);

  private final int slots;
  private final LongSupplier nanoClock;
  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("paced-engine").factory());

  // Guarded by this.
  private final Queue<Pace> line = new ArrayDeque<>();
  private final List<Idle> idle = new ArrayList<>();
  private int running;
  private long someIdleSince;
  private long serviceNanos;
  private int served;

  PacedEngine(int slots, LongSupplier nanoClock) {
    this.slots = slots;
    this.nanoClock = nanoClock;
    this.someIdleSince = nanoClock.getAsLong();
  }

  /** Mean time that turns had a slot; as long as asked for, and as late as timers are. */
  synchronized double meanServiceSeconds() {
    return served == 0 ? Double.NaN : serviceNanos / 1e9 / served;
  }

  /** A time during which not all slots were in use. */
  private record Idle(long fromNanos, long toNanos) {}

  /** Whether a slot was idle at some time within that span, but for a handover. */
  synchronized boolean wasIdle(long fromNanos, long toNanos) {
    boolean idleNow = running < slots && toNanos - someIdleSince > HANDOVER_NANOS;
    return idleNow
        || idle.stream().anyMatch(span -> span.fromNanos < toNanos && span.toNanos > fromNanos);
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo(MODEL, CONTEXT_TOKENS, 0, slots);
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    int tokens = request.maxTokens() == null ? 1 : request.maxTokens();
    Pace pace = new Pace(sink, (long) tokens * MILLIS_PER_TOKEN);
    boolean starts;
    synchronized (this) {
      starts = running < slots;
      if (starts) {
        taken();
      } else {
        line.add(pace);
      }
    }
    if (starts) {
      schedule.execute(pace::start);
    }
    return pace;
  }

  private void taken() {
    running++;
    long now = nanoClock.getAsLong();
    if (running == slots && now - someIdleSince > HANDOVER_NANOS) {
      idle.add(new Idle(someIdleSince, now));
    }
  }

  private synchronized void servedFor(long nanos) {
    serviceNanos += nanos;
    served++;
  }

  private void ended() {
    Pace next;
    synchronized (this) {
      if (running == slots) {
        someIdleSince = nanoClock.getAsLong();
      }
      running--;
      next = line.poll();
      if (next != null) {
        taken();
      }
    }
    if (next != null) {
      next.start();
    }
  }

  /** One generation; told on the engine's thread alone. */
  private final class Pace implements Generation {
    private final GenerationSink sink;
    private final long millis;
    private volatile boolean cancelled;
    private long startedNanos;

    Pace(GenerationSink sink, long millis) {
      this.sink = sink;
      this.millis = millis;
    }

    void start() {
      if (cancelled) {
        end(new GenerationEnd.Cancelled(GenerationUsage.NONE));
        return;
      }
      startedNanos = nanoClock.getAsLong();
      sink.started(USAGE.prompt());
      sink.text(new TextDelta("so", List.of()));
      var _ = schedule.schedule(this::done, millis, TimeUnit.MILLISECONDS);
    }

    private void done() {
      servedFor(nanoClock.getAsLong() - startedNanos);
      end(
          cancelled
              ? new GenerationEnd.Cancelled(USAGE)
              : new GenerationEnd.Finished(FinishReason.STOP, USAGE));
    }

    private void end(GenerationEnd end) {
      // The slot is free before the turn ends, which may bring the next one.
      ended();
      sink.ended(end);
    }

    /** One that waits ends when its turn has come, one that runs when its time is over. */
    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    return CompletableFuture.completedFuture(new KvOutcome.Applied(0));
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
    return CompletableFuture.completedFuture(new Residue.Counted(0));
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return CompletableFuture.completedFuture(new KvOccupancy(0, 0, Map.of()));
  }

  @Override
  public void close() {
    schedule.shutdownNow();
  }
}
