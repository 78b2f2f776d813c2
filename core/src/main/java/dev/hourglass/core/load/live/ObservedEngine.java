package dev.hourglass.core.load.live;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.EngineActivity;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.KvOccupancy;
import dev.hourglass.core.engine.KvOutcome;
import dev.hourglass.core.engine.KvSnapshot;
import dev.hourglass.core.engine.Placement;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Residue;
import dev.hourglass.core.engine.SnapshotOutcome;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.session.SessionId;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * An engine that is watched from outside: what goes in, what comes out, and when. It changes
 * nothing of what the engine does.
 */
public final class ObservedEngine implements Engine {
  private final Engine engine;
  private final LongSupplier nanoClock;
  private final RequestShapes shapes = new RequestShapes();
  private final Tally tally = new Tally();

  /** Requests in the engine; bounded by the gateway's limit of turns. */
  private final Set<Passage> passages = ConcurrentHashMap.newKeySet();

  /**
   * Watches an engine.
   *
   * @param nanoClock a monotonic clock
   */
  public ObservedEngine(Engine engine, LongSupplier nanoClock) {
    this.engine = engine;
    this.nanoClock = nanoClock;
  }

  /** What has happened since the start. */
  static final class Tally {
    /** Requests that wanted to this engine, refused ones too. */
    final LongAdder arrivals = new LongAdder();

    final LongAdder computedPromptTokens = new LongAdder();
    final LongAdder completions = new LongAdder();
    final LongAdder firstTexts = new LongAdder();
    final LongAdder firstTextNanos = new LongAdder();
    final LongAdder laterTexts = new LongAdder();
    final LongAdder laterTextNanos = new LongAdder();

    /** Texts and tokens of whole answers, since a text may be more than one token. */
    final LongAdder textsOfAnswers = new LongAdder();

    final LongAdder tokensOfAnswers = new LongAdder();
  }

  Tally tally() {
    return tally;
  }

  RequestShapes shapes() {
    return shapes;
  }

  LongSupplier nanoClock() {
    return nanoClock;
  }

  Set<Passage> passages() {
    return passages;
  }

  @Override
  public Generation generate(GenerationRequest request, GenerationSink sink) {
    Passage passage = new Passage(sink, nanoClock.getAsLong());
    passages.add(passage);
    return engine.generate(request, passage);
  }

  /** One request in the engine. Written by the engine's thread. */
  final class Passage implements GenerationSink {
    private final GenerationSink sink;
    private final long enteredNanos;
    private volatile int promptTokens;
    private volatile int texts;
    private volatile long latestTextNanos;
    private long startedNanos;
    private boolean started;

    private Passage(GenerationSink sink, long enteredNanos) {
      this.sink = sink;
      this.enteredNanos = enteredNanos;
    }

    /** Tokens in context, one for each text so far; 0 before the engine began. */
    int contextTokens() {
      return promptTokens + texts;
    }

    /** How long the answer has been silent since its latest text; 0 before its first. */
    long silentNanos(long nowNanos) {
      return texts == 0 ? 0 : nowNanos - latestTextNanos;
    }

    @Override
    public void placed(Placement placement) {
      sink.placed(placement);
    }

    @Override
    public void started(PromptUsage usage) {
      started = true;
      startedNanos = nanoClock.getAsLong();
      promptTokens = usage.promptTokens();
      tally.computedPromptTokens.add(usage.promptTokens() - usage.cachedTokens());
      sink.started(usage);
    }

    @Override
    public void text(TextDelta delta) {
      // A piece without text is a server's matter of form.
      if (!delta.text().isEmpty()) {
        timed(nanoClock.getAsLong());
      }
      sink.text(delta);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer, the engine's thread
    private void timed(long now) {
      if (texts == 0) {
        tally.firstTexts.increment();
        tally.firstTextNanos.add(now - enteredNanos);
      } else {
        tally.laterTexts.increment();
        tally.laterTextNanos.add(now - latestTextNanos);
      }
      latestTextNanos = now;
      texts++;
    }

    @Override
    public void ended(GenerationEnd end) {
      passages.remove(this);
      // One that was broken off says nothing of what requests are like.
      if (end instanceof GenerationEnd.Finished && started) {
        PromptUsage prompt = end.usage().prompt();
        shapes.add(
            (nanoClock.getAsLong() - startedNanos) / 1e9,
            prompt.promptTokens(),
            prompt.promptTokens() - prompt.cachedTokens(),
            end.usage().completionTokens());
        tally.completions.increment();
        tally.textsOfAnswers.add(texts);
        tally.tokensOfAnswers.add(end.usage().completionTokens());
      }
      sink.ended(end);
    }
  }

  // --- what passes unseen ----------------------------------------------------------------------

  @Override
  public EngineInfo info() {
    return engine.info();
  }

  @Override
  public boolean relays() {
    return engine.relays();
  }

  @Override
  public CompletionStage<KvOutcome> release(SessionId session) {
    return engine.release(session);
  }

  @Override
  public CompletionStage<KvOutcome> makeRoom(SessionId session) {
    return engine.makeRoom(session);
  }

  @Override
  public CompletionStage<SnapshotOutcome> snapshot(SessionId session) {
    return engine.snapshot(session);
  }

  @Override
  public CompletionStage<KvOutcome> restore(SessionId session, KvSnapshot snapshot) {
    return engine.restore(session, snapshot);
  }

  @Override
  public CompletionStage<Residue> residue(SessionId session) {
    return engine.residue(session);
  }

  @Override
  public CompletionStage<KvOccupancy> occupancy() {
    return engine.occupancy();
  }

  @Override
  public EngineActivity activity() {
    return engine.activity();
  }

  @Override
  public boolean isDown() {
    return engine.isDown();
  }

  @Override
  public void close() {
    engine.close();
  }
}
