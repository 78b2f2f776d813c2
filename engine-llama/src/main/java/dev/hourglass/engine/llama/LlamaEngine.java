package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.Demotion;
import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineFault;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.StateOffer;
import dev.hourglass.core.retention.ReleaseOrder;
import dev.hourglass.core.session.SessionId;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.LoggerFactory;

/**
 * An engine inside this process: llama.cpp through the Foreign Function &amp; Memory API.
 *
 * <p>Every session has a KV sequence of its own, which can be counted, copied, put back and cleared
 * exactly. All generations advance together, one decode for all of them. This class is the side
 * that other threads see; {@link EngineLoop} is the thread behind it, which alone touches what is
 * native.
 *
 * <p>A sink is called on the engine's thread, with two exceptions: when the engine is closed, or
 * when even its mailbox is full, {@link GenerationSink#ended} is called before {@link #generate}
 * returns.
 *
 * <p>A defect that the thread survives costs everybody's KV state. One that it does not survive
 * closes the engine: what ran or waited fails, what is native is freed, and the engine {@link
 * #isDown is down}.
 */
public final class LlamaEngine implements Engine {
  private static final int BATCH_TOKENS = 256;
  // Parsers of tokenizers and grammars in the library recurse with their input.
  private static final long STACK_BYTES = 64L << 20;

  private final EngineInfo info;
  private final EngineLoop loop;
  private final Thread thread;
  private final CompletableFuture<Void> freed;
  private final int maxQueue;

  private LlamaEngine(
      EngineInfo info,
      EngineLoop loop,
      Thread thread,
      CompletableFuture<Void> freed,
      int maxQueue) {
    this.info = info;
    this.loop = loop;
    this.thread = thread;
    this.freed = freed;
    this.maxQueue = maxQueue;
  }

  /** Opens an engine that keeps nothing of what it lets go. */
  public static LlamaOpening open(
      LlamaSettings settings,
      ReleaseOrder order,
      ResidencyListener listener,
      LongSupplier nanoClock,
      RandomGenerator secureRandom) {
    return open(settings, order, Demotion.NONE, listener, nanoClock, secureRandom);
  }

  /**
   * Loads the library and the model, and starts the engine's thread. Takes as long as the model
   * takes to load.
   *
   * @param order decides which idle session loses its state when room is needed
   * @param demotion takes over that state
   * @param listener learns what the engine keeps and lets go
   * @param nanoClock a monotonic clock
   * @param secureRandom for seeds, and for the words that keep messages and template apart
   */
  public static LlamaOpening open(
      LlamaSettings settings,
      ReleaseOrder order,
      Demotion demotion,
      ResidencyListener listener,
      LongSupplier nanoClock,
      RandomGenerator secureRandom) {
    CompletableFuture<LlamaOpening> opening = new CompletableFuture<>();
    CompletableFuture<Void> freed = new CompletableFuture<>();
    Thread.Builder.OfPlatform builder = Thread.ofPlatform().name("llama-engine").daemon(true);
    Thread thread =
        builder
            .stackSize(STACK_BYTES)
            .unstarted(() -> {
              try {
                openAndServe(
                    settings, order, demotion, listener, nanoClock, secureRandom, freed, opening);
              } catch (EngineUnavailableException unavailable) {
                opening.complete(
                    new LlamaOpening.Unavailable(String.valueOf(unavailable.getMessage())));
              } catch (RuntimeException | Error defect) {
                opening.completeExceptionally(defect);
                throw defect;
              } finally {
                freed.complete(null);
              }
            });
    thread.start();
    return opening.join();
  }

  private static void openAndServe(
      LlamaSettings settings,
      ReleaseOrder order,
      Demotion demotion,
      ResidencyListener listener,
      LongSupplier nanoClock,
      RandomGenerator secureRandom,
      CompletableFuture<Void> freed,
      CompletableFuture<LlamaOpening> opening)
      throws EngineUnavailableException {
    GgufFile file = GgufFile.check(settings.modelFile());
    LlamaLibrary library = LlamaLibrary.open(new NativeArchive(settings.cacheFolder()).library());
    NativeLog log = new NativeLog(LoggerFactory.getLogger("dev.hourglass.engine.llama.native"));
    library.initialize(log);
    try (NativeModel model = NativeModel.load(library, log, file)) {
      int contextTokens = Math.min(settings.contextTokens(), model.contextTrainTokens());
      LlamaLibrary.ContextParams params =
          new LlamaLibrary.ContextParams(
              settings.kvTokens(),
              contextTokens,
              BATCH_TOKENS,
              settings.maxSequences(),
              settings.threads());
      try (NativeContext context = NativeContext.create(library, log, model, params)) {
        SnapshotFormat snapshots = new SnapshotFormat(file.fingerprint());
        Residents residents =
            new Residents(
                context,
                order,
                listener,
                nanoClock,
                resident -> demote(resident, snapshots, context, demotion));
        ChatRenderer renderer =
            new ChatRenderer(model, secureRandom, LoggerFactory.getLogger(LlamaEngine.class));
        EngineLoop loop =
            new EngineLoop(
                library,
                model,
                context,
                residents,
                new PromptPlanner(model, renderer, contextTokens),
                snapshots,
                secureRandom,
                nanoClock,
                settings,
                contextTokens);
        EngineInfo info =
            new EngineInfo(
                settings.modelName(), contextTokens, settings.kvTokens(), settings.maxSequences());
        opening.complete(
            new LlamaOpening.Opened(
                new LlamaEngine(info, loop, Thread.currentThread(), freed, settings.maxQueue())));
        loop.run();
      }
    }
  }

  /** A state that cannot be saved is lost as if nobody had wanted it. */
  private static void demote(
      Resident resident, SnapshotFormat snapshots, NativeContext context, Demotion demotion) {
    int kvTokens = resident.tokens().size();
    if (kvTokens == 0 || !demotion.wanted(resident.session(), kvTokens)) {
      return;
    }
    try {
      demotion.demoted(resident.session(), resident.tenant(), snapshots.take(resident, context));
    } catch (SnapshotFormat.UnusableSnapshotException | OutOfMemoryError unsaved) {
      LoggerFactory.getLogger(LlamaEngine.class)
          .warn("The state of {} could not be saved: {}", resident.session(), unsaved.toString());
    }
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  /** What the engine has done so far, as of its latest step. */
  public LlamaStats stats() {
    return loop.stats();
  }

  @Override
  public boolean isDown() {
    return loop.isDown();
  }

  @Override
  public EngineActivity activity() {
    LlamaStats stats = stats();
    boolean stepped = stats.steps() > 0;
    return new EngineActivity(
        OptionalInt.of(stats.runningGenerations()),
        OptionalInt.of(stats.queuedGenerations()),
        stepped ? OptionalDouble.of(stats.stepMillis()) : OptionalDouble.empty(),
        stepped ? OptionalInt.of(stats.chunkTokens()) : OptionalInt.empty());
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    return submit(new Run(request, null, sink));
  }

  @Override
  public Generation generate(GenerationRequest request, StateOffer state, GenerationSink sink) {
    return submit(new Run(request, state, sink));
  }

  private Generation submit(Run run) {
    AtomicInteger queued = loop.queued();
    boolean room = queued.incrementAndGet() <= maxQueue;
    if (!room) {
      queued.decrementAndGet();
    }
    Mailbox.Delivery delivery =
        loop.mailbox().post(room ? () -> loop.submit(run) : () -> refuseOverload(run));
    switch (delivery) {
      case ACCEPTED -> {}
      case FULL -> {
        release(queued, room);
        refuseOverload(run);
      }
      case CLOSED -> {
        release(queued, room);
        refuse(
            run,
            EngineFault.Kind.STOPPED,
            isDown()
                ? "the engine is down after a defect (expected: a restart of the gateway)"
                : "the engine is closed");
      }
    }
    return run;
  }

  private static void release(AtomicInteger queued, boolean held) {
    if (held) {
      queued.decrementAndGet();
    }
  }

  private void refuseOverload(Run run) {
    refuse(
        run,
        EngineFault.Kind.OVERLOADED,
        "queue: full with " + maxQueue + " generations (expected: another try later)");
  }

  private static void refuse(Run run, EngineFault.Kind kind, String message) {
    run.end(new GenerationEnd.Failed(new EngineFault(kind, message), GenerationUsage.NONE));
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    return ask(
        () -> loop.release(session),
        new KvOutcome.Applied(0),
        new KvOutcome.Failed("the engine is overloaded"));
  }

  @Override
  public CompletionStage<KvOutcome> makeRoom(SessionId session) {
    return ask(
        () -> loop.makeRoom(session),
        new KvOutcome.Applied(0),
        new KvOutcome.Failed("the engine is overloaded"));
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return ask(
        () -> loop.snapshot(session),
        new SnapshotOutcome.Empty(),
        new SnapshotOutcome.Failed("the engine is overloaded"));
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    return ask(
        () -> loop.restore(session, snapshot),
        new KvOutcome.Failed("the engine is closed"),
        new KvOutcome.Failed("the engine is overloaded"));
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return ask(() -> loop.residue(session), new Residue.Counted(0), new Residue.Unknown());
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return post(
        loop::occupancy,
        answer -> answer.complete(new KvOccupancy(0, info.kvCapacityTokens(), Map.of())),
        answer ->
            answer.completeExceptionally(
                new RejectedExecutionException("the engine is overloaded: its cells are unknown")));
  }

  /**
   * Has the engine's thread answer. A closed engine holds nothing, and answers when that is true:
   * when everything is freed.
   */
  private <T> CompletionStage<T> ask(Supplier<T> question, T whenClosed, T whenFull) {
    return post(
        question, answer -> answer.complete(whenClosed), answer -> answer.complete(whenFull));
  }

  private <T> CompletionStage<T> post(
      Supplier<T> question,
      Consumer<CompletableFuture<T>> whenClosed,
      Consumer<CompletableFuture<T>> whenFull) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Mailbox.Delivery delivery =
        loop.mailbox()
            .post(() -> {
              try {
                answer.complete(question.get());
              } catch (RuntimeException | Error defect) {
                answer.completeExceptionally(defect);
                throw defect;
              }
            });
    switch (delivery) {
      case ACCEPTED -> {}
      case FULL -> whenFull.accept(answer);
      case CLOSED -> {
        var _ = freed.thenRun(() -> whenClosed.accept(answer));
      }
    }
    return answer;
  }

  @Override
  public void close() {
    loop.mailbox().close();
    if (thread.equals(Thread.currentThread())) {
      return;
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException interruption) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
