package dev.hourglass.engine.llama;

import dev.hourglass.core.engine.Generation;
import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.GenerationUsage;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.StateOffer;
import dev.hourglass.core.engine.TextDelta;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One generation from its arrival to its end. But for {@link #cancel}, it belongs to the engine's
 * thread.
 *
 * <p>It is a list of tokens that shall be in the cells: at first those of the prompt, and one more
 * with each that is sampled. A step feeds the next of them; when the last one was fed, the next is
 * sampled. Prefill, decode and the repetition after a preemption are thus the same thing.
 */
final class Run implements Generation {
  private static final Logger LOG = LoggerFactory.getLogger(Run.class);

  private final GenerationRequest request;
  private final GenerationSink sink;
  private final AnswerText text;
  private final int maxTokens;
  private TokenList sequence = new TokenList();
  private int promptTokens;
  private PromptUsage usage = GenerationUsage.NONE.prompt();
  private @Nullable StateOffer offer;
  private @Nullable Resident resident;
  private @Nullable TokenSampler sampler;
  private boolean planned;
  private boolean started;
  private boolean ended;
  private int generated;
  private long blockedAt = -1;
  private long admission;
  private volatile boolean cancelled;

  Run(GenerationRequest request, @Nullable StateOffer offer, GenerationSink sink) {
    this.request = request;
    this.offer = offer;
    this.sink = sink;
    text = new AnswerText(request.sampling().stop());
    Integer most = request.maxTokens();
    maxTokens = most == null ? Integer.MAX_VALUE : most;
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  boolean cancelled() {
    return cancelled;
  }

  GenerationRequest request() {
    return request;
  }

  /** The state that is to be put back at admission; {@code null} for none. */
  @Nullable StateOffer offer() {
    return offer;
  }

  void forgetOffer() {
    offer = null;
  }

  AnswerText text() {
    return text;
  }

  TokenList sequence() {
    return sequence;
  }

  int promptTokens() {
    return promptTokens;
  }

  /** Whether its prompt was turned into tokens. */
  boolean planned() {
    return planned;
  }

  void plan(TokenList tokens) {
    sequence = tokens;
    promptTokens = tokens.size();
    planned = true;
  }

  /** Forgets the plan, so that it is made anew against what the session holds by then. */
  void unplan() {
    planned = false;
  }

  /** The state it runs on; present from admission to end or preemption. */
  Resident resident() {
    if (resident == null) {
      throw new IllegalStateException("a generation without a resident");
    }
    return resident;
  }

  boolean hasResident() {
    return resident != null;
  }

  void runsOn(@Nullable Resident state) {
    resident = state;
  }

  TokenSampler sampler() {
    if (sampler == null) {
      throw new IllegalStateException("a generation without a sampler");
    }
    return sampler;
  }

  boolean hasSampler() {
    return sampler != null;
  }

  void samplesWith(TokenSampler chosen) {
    sampler = chosen;
  }

  /** The change of the engine's state after which another try to admit it may work. */
  long blockedAt() {
    return blockedAt;
  }

  void block(long change) {
    blockedAt = change;
  }

  long admission() {
    return admission;
  }

  void admitted(long number) {
    admission = number;
  }

  /** Tokens that are still to be fed. */
  int remaining() {
    return sequence.size() - resident().tokens().size();
  }

  boolean prefilling() {
    return resident().tokens().size() < promptTokens && remaining() > 1;
  }

  int generated() {
    return generated;
  }

  void generated(int token) {
    sequence.add(token);
    generated++;
  }

  boolean reachedTokenLimit() {
    return generated >= maxTokens;
  }

  boolean started() {
    return started;
  }

  void start(int cachedTokens, int compressedMessages) {
    usage = new PromptUsage(promptTokens, cachedTokens, compressedMessages);
    started = true;
    tell(() -> sink.started(usage));
  }

  /** After a preemption the whole prompt was passed to decode after all. */
  void lostCache(int cachedTokens) {
    usage =
        new PromptUsage(
            usage.promptTokens(),
            Math.min(usage.cachedTokens(), cachedTokens),
            usage.compressedMessages());
  }

  void give(TextDelta delta) {
    tell(() -> sink.text(delta));
  }

  GenerationUsage usage(int kvTokens) {
    return new GenerationUsage(usage, generated, kvTokens);
  }

  /** Frees what is native and tells the end, once. */
  void end(GenerationEnd end) {
    if (ended) {
      return;
    }
    ended = true;
    try {
      if (sampler != null) {
        sampler.close();
        sampler = null;
      }
    } finally {
      tell(() -> sink.ended(end));
    }
  }

  private void tell(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | Error failure) {
      LOG.error("A generation's sink failed; the generation is cancelled", failure);
      cancelled = true;
    }
  }
}
