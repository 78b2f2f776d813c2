package dev.hourglass.core.load.live;

import dev.hourglass.core.engine.Engine;
import dev.hourglass.core.engine.ForwardingEngine;
import dev.hourglass.core.engine.ForwardingSink;
import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.StateOffer;
import dev.hourglass.core.engine.TextDelta;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * An engine that is watched from outside: what goes in, what comes out, and when. It changes
 * nothing of what the engine does.
 */
public final class ObservedEngine extends ForwardingEngine {
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
    super(engine);
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
    return super.generate(request, passage(sink));
  }

  @Override
  public Generation generate(GenerationRequest request, StateOffer state, GenerationSink sink) {
    return super.generate(request, state, passage(sink));
  }

  private Passage passage(GenerationSink sink) {
    Passage passage = new Passage(sink, nanoClock.getAsLong());
    passages.add(passage);
    return passage;
  }

  /** One request in the engine. Written by the engine's thread. */
  final class Passage extends ForwardingSink {
    private final long enteredNanos;
    private volatile int promptTokens;
    private volatile int texts;
    private volatile long latestTextNanos;
    private long startedNanos;
    private boolean started;

    private Passage(GenerationSink sink, long enteredNanos) {
      super(sink);
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
    public void started(PromptUsage usage) {
      started = true;
      startedNanos = nanoClock.getAsLong();
      promptTokens = usage.promptTokens();
      tally.computedPromptTokens.add(usage.promptTokens() - usage.cachedTokens());
      super.started(usage);
    }

    @Override
    public void text(TextDelta delta) {
      // A piece without text is a server's matter of form.
      if (!delta.text().isEmpty()) {
        timed(nanoClock.getAsLong());
      }
      super.text(delta);
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
      super.ended(end);
    }
  }
}
