package dev.hourglass.testkit.engine;

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
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.ResidencyListener;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.engine.TokenLogprob;
import dev.hourglass.core.engine.TokenPiece;
import dev.hourglass.core.session.SessionId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An engine without a model: it streams what it is told, stalls, dies in mid-token, and keeps
 * account of KV tokens as a real one would.
 *
 * <p>Its token is a word with the space before it. A session's second turn finds cached whatever
 * its prompt shares with what the session holds. Snapshots are unsupported.
 */
public final class ScriptedEngine implements Engine {
  /** What is said where no script waits. */
  public static final Script GREETING = Script.says("Hello", ", ", "world", "!");

  private final EngineInfo info;
  private final ResidencyListener residency;
  private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();
  private final List<GenerationRequest> requests = new CopyOnWriteArrayList<>();
  private final List<GenerationEnd> ends = new CopyOnWriteArrayList<>();
  private final List<SessionId> releases = new CopyOnWriteArrayList<>();
  private final Set<Performance> running = ConcurrentHashMap.newKeySet();
  private final Map<SessionId, List<String>> kv = new HashMap<>(); // guarded by itself
  private volatile Script otherwise = GREETING;
  private final Queue<ReleaseFault> releaseFaults = new ConcurrentLinkedQueue<>();
  private volatile @Nullable CompletableFuture<Void> releaseGate;
  private volatile boolean closed;
  private volatile boolean down;

  public ScriptedEngine(String model, int contextTokens, ResidencyListener residency) {
    this.info = new EngineInfo(model, contextTokens, contextTokens * 8, 8);
    this.residency = residency;
  }

  /** What a release does instead of what it should. */
  public enum ReleaseFault {
    /** Throws an exception to the caller. */
    THROWS,
    /** Throws an error to the caller, and so kills threads that are not prepared. */
    KILLS,
    /** Says that it failed. */
    FAILS,
    /** Completes exceptionally. */
    BREAKS,
    /** Never answers. */
    HANGS,
    /** Says that it is done, with half of the tokens still there. */
    HALF_COMPLETES
  }

  /** One step of a generation. */
  private sealed interface Step {
    record Say(String text) implements Step {}

    record Await(CountDownLatch gate) implements Step {}

    record Pause(Duration length) implements Step {}

    record Die(EngineFault fault) implements Step {}
  }

  /** What one generation does. */
  public static final class Script {
    private final List<Step> steps;
    private final FinishReason reason;
    private final int compressedMessages;

    private Script(List<Step> steps, FinishReason reason, int compressedMessages) {
      this.steps = List.copyOf(steps);
      this.reason = reason;
      this.compressedMessages = compressedMessages;
    }

    /** Says the texts, each as a delta of its own, and ends. */
    public static Script says(String... texts) {
      Script script = new Script(List.of(), FinishReason.STOP, 0);
      for (String text : texts) {
        script = script.with(new Step.Say(text));
      }
      return script;
    }

    public Script thenSays(String... texts) {
      Script script = this;
      for (String text : texts) {
        script = script.with(new Step.Say(text));
      }
      return script;
    }

    /** Goes on only when the gate is open, or ends when cancelled. */
    public Script thenAwaits(CountDownLatch gate) {
      return with(new Step.Await(gate));
    }

    /** Goes on after some real time, or ends when cancelled. */
    public Script thenPauses(Duration length) {
      return with(new Step.Pause(length));
    }

    public Script thenDies(EngineFault.Kind kind, String message) {
      return with(new Step.Die(new EngineFault(kind, message)));
    }

    /** Ends for want of tokens. */
    public Script cutShort() {
      return new Script(steps, FinishReason.LENGTH, compressedMessages);
    }

    /** Tells that so many messages did not fit. */
    public Script compressing(int messages) {
      return new Script(steps, reason, messages);
    }

    private Script with(Step step) {
      List<Step> longer = new ArrayList<>(steps);
      longer.add(step);
      return new Script(longer, reason, compressedMessages);
    }
  }

  /** The script of the next generation that has none yet. */
  public ScriptedEngine next(Script script) {
    scripts.add(script);
    return this;
  }

  /** The script of generations for which none waits. */
  public ScriptedEngine otherwise(Script script) {
    otherwise = script;
    return this;
  }

  /** Everything that was asked for, in order. */
  public List<GenerationRequest> requests() {
    return List.copyOf(requests);
  }

  /** How generations ended, in order. */
  public List<GenerationEnd> ends() {
    return List.copyOf(ends);
  }

  /** Sessions whose state was released, in order, once for each call. */
  public List<SessionId> releases() {
    return List.copyOf(releases);
  }

  /** Generations that have not ended. */
  public int running() {
    return running.size();
  }

  /** KV tokens that the session holds now. */
  public int kvTokens(SessionId session) {
    synchronized (kv) {
      return kv.getOrDefault(session, List.of()).size();
    }
  }

  /** Lets releases complete only after the gate does. */
  public void stallReleases(CompletableFuture<Void> gate) {
    releaseGate = gate;
  }

  /** Makes the next releases go wrong, one after the other. */
  public void failReleases(ReleaseFault... faults) {
    releaseFaults.addAll(List.of(faults));
  }

  /** Has the session hold so many tokens, as if it had had a turn. */
  public void occupy(SessionId session, int kvTokens) {
    hold(session, Collections.nCopies(kvTokens, "x"));
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    requests.add(request);
    Script script = scripts.poll();
    Performance performance = new Performance(request, script == null ? otherwise : script, sink);
    running.add(performance);
    Thread.ofVirtual().name("scripted-engine").start(performance);
    return performance;
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    releases.add(session);
    ReleaseFault fault = releaseFaults.poll();
    if (fault != null) {
      return misrelease(session, fault);
    }
    List<Performance> cut =
        running.stream()
            .filter(performance -> performance.request.session().equals(session))
            .toList();
    cut.forEach(Performance::cancel);
    CompletableFuture<Void> gate = releaseGate;
    return CompletableFuture.allOf(
            cut.stream().map(performance -> performance.over).toArray(CompletableFuture<?>[]::new))
        .thenCompose(quiet -> gate == null ? CompletableFuture.completedFuture(null) : gate)
        .thenApply(open -> new KvOutcome.Applied(hold(session, List.of())));
  }

  private CompletionStage<KvOutcome> misrelease(SessionId session, ReleaseFault fault) {
    return switch (fault) {
      case THROWS -> throw new IllegalStateException("told to throw");
      case KILLS -> throw new AssertionError("told to kill");
      case FAILS -> CompletableFuture.completedFuture(new KvOutcome.Failed("told to fail"));
      case BREAKS -> CompletableFuture.failedFuture(new IllegalStateException("told to break"));
      case HANGS -> new CompletableFuture<>();
      case HALF_COMPLETES -> {
        int held = kvTokens(session);
        hold(session, Collections.nCopies(held - held / 2, "x"));
        yield CompletableFuture.completedFuture(new KvOutcome.Applied(held / 2));
      }
    };
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
    return CompletableFuture.completedFuture(new Residue.Counted(kvTokens(session)));
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    synchronized (kv) {
      Map<SessionId, Integer> tokens = new HashMap<>();
      kv.forEach((session, held) -> tokens.put(session, held.size()));
      int used = tokens.values().stream().mapToInt(Integer::intValue).sum();
      return CompletableFuture.completedFuture(
          new KvOccupancy(used, info.kvCapacityTokens(), tokens));
    }
  }

  /** Ends as if a defect had ended it. */
  public void breakDown() {
    down = true;
    close();
  }

  @Override
  public boolean isDown() {
    return down;
  }

  @Override
  public void close() {
    closed = true;
    List<Performance> cut = List.copyOf(running);
    cut.forEach(Performance::cancel);
    cut.forEach(performance -> performance.over.join());
  }

  /** Replaces what the session holds; answers how much it held. */
  private int hold(SessionId session, List<String> tokens) {
    List<String> before;
    synchronized (kv) {
      before = tokens.isEmpty() ? kv.remove(session) : kv.put(session, List.copyOf(tokens));
    }
    residency.residencyChanged(session, tokens.size());
    return before == null ? 0 : before.size();
  }

  private int cached(SessionId session, List<String> prompt) {
    List<String> held;
    synchronized (kv) {
      held = kv.getOrDefault(session, List.of());
    }
    int same = 0;
    while (same < held.size() && same < prompt.size() && held.get(same).equals(prompt.get(same))) {
      same++;
    }
    // As in a real engine, the last token is always decoded: its logits are needed.
    return Math.min(same, prompt.size() - 1);
  }

  private static List<String> tokens(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Text(var text) -> words(text);
      case Prompt.Chat(var messages) -> {
        List<String> tokens = new ArrayList<>();
        for (var message : messages) {
          tokens.add("<" + message.role().wireName() + ">");
          tokens.addAll(words(message.content()));
        }
        tokens.add("<assistant>");
        yield tokens;
      }
    };
  }

  private static List<String> words(String text) {
    return List.of(text.split("(?=\\s)", -1));
  }

  /** One generation on its way. */
  private final class Performance implements Generation, Runnable {
    private final GenerationRequest request;
    private final Script script;
    private final GenerationSink sink;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    private Performance(GenerationRequest request, Script script, GenerationSink sink) {
      this.request = request;
      this.script = script;
      this.sink = sink;
    }

    @Override
    public void cancel() {
      cancelled.countDown();
    }

    @Override
    public void run() {
      GenerationEnd end = perform();
      running.remove(this);
      ends.add(end);
      sink.ended(end);
      over.complete(null);
    }

    private GenerationEnd perform() {
      if (closed) {
        return new GenerationEnd.Failed(
            new EngineFault(EngineFault.Kind.STOPPED, "the engine is closed"),
            GenerationUsage.NONE);
      }
      if (!script.steps.isEmpty() && script.steps.getFirst() instanceof Step.Die(var fault)) {
        return new GenerationEnd.Failed(fault, GenerationUsage.NONE);
      }
      List<String> prompt = tokens(request.prompt());
      if (prompt.size() >= info.contextTokens()) {
        return new GenerationEnd.Failed(
            new EngineFault(
                EngineFault.Kind.PROMPT_TOO_LONG,
                "prompt: %d tokens (expected: fewer than %d)"
                    .formatted(prompt.size(), info.contextTokens())),
            GenerationUsage.NONE);
      }
      PromptUsage usage =
          new PromptUsage(
              prompt.size(), cached(request.session(), prompt), script.compressedMessages);
      sink.started(usage);
      StringBuilder answer = new StringBuilder();
      int said = 0;
      for (Step step : script.steps) {
        if (cancelled.getCount() == 0) {
          return new GenerationEnd.Cancelled(settle(usage, prompt, answer, said));
        }
        switch (step) {
          case Step.Await(var gate) -> awaitEither(gate);
          case Step.Pause(var length) -> awaitCancellation(length);
          case Step.Die(var fault) -> {
            return new GenerationEnd.Failed(fault, settle(usage, prompt, answer, said));
          }
          case Step.Say(var text) -> {
            if (request.maxTokens() != null && said == request.maxTokens()) {
              return new GenerationEnd.Finished(
                  FinishReason.LENGTH, settle(usage, prompt, answer, said));
            }
            answer.append(text);
            said++;
            sink.text(new TextDelta(text, logprobs(text)));
          }
        }
      }
      if (cancelled.getCount() == 0) {
        return new GenerationEnd.Cancelled(settle(usage, prompt, answer, said));
      }
      return new GenerationEnd.Finished(script.reason, settle(usage, prompt, answer, said));
    }

    private GenerationUsage settle(
        PromptUsage usage, List<String> prompt, CharSequence answer, int said) {
      List<String> held = new ArrayList<>();
      if (request.retain()) {
        held.addAll(prompt);
        if (!answer.isEmpty()) {
          held.addAll(words(answer.toString()));
        }
      }
      hold(request.session(), held);
      return new GenerationUsage(usage, said, held.size());
    }

    private List<TokenLogprob> logprobs(String text) {
      if (request.sampling().topLogprobs() == null) {
        return List.of();
      }
      TokenPiece piece = new TokenPiece(text.getBytes(StandardCharsets.UTF_8));
      List<TokenLogprob.Alternative> alternatives = new ArrayList<>();
      for (int rank = 0; rank < request.sampling().topLogprobs(); rank++) {
        alternatives.add(new TokenLogprob.Alternative(piece, -0.5 - rank));
      }
      return List.of(new TokenLogprob(piece, -0.5, alternatives));
    }

    private void awaitCancellation(Duration most) {
      try {
        var _ = cancelled.await(most.toNanos(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /** Waits for the gate or the cancellation, whichever opens first. */
    private void awaitEither(CountDownLatch gate) {
      CompletableFuture<Void> first = new CompletableFuture<>();
      for (CountDownLatch latch : List.of(gate, cancelled)) {
        Thread.ofVirtual()
            .start(() -> {
              try {
                latch.await();
                first.complete(null);
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
              }
            });
      }
      first.join();
    }
  }
}
