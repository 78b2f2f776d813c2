package dev.hourglass.testkit.engine;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.engine.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A sink that keeps what it is told, and notices when the order of calls is broken. */
public final class RecordingSink implements GenerationSink {
  private static final long PATIENCE_SECONDS = 60;

  private final List<TextDelta> deltas = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final CompletableFuture<PromptUsage> started = new CompletableFuture<>();
  private final CompletableFuture<Void> firstText = new CompletableFuture<>();
  private final CompletableFuture<GenerationEnd> ended = new CompletableFuture<>();
  private @Nullable Thread thread;

  @Override
  public synchronized void started(PromptUsage usage) {
    noteThread();
    if (started.isDone() || !deltas.isEmpty() || ended.isDone()) {
      violations.add("started comes late or twice");
    }
    started.complete(usage);
  }

  @Override
  public synchronized void text(TextDelta delta) {
    noteThread();
    if (!started.isDone() || ended.isDone()) {
      violations.add("text before the start or after the end");
    }
    if (delta.text().isEmpty() && delta.logprobs().isEmpty() && delta.original() == null) {
      violations.add("an empty piece");
    }
    deltas.add(delta);
    firstText.complete(null);
  }

  @Override
  public synchronized void ended(GenerationEnd end) {
    noteThread();
    if (ended.isDone()) {
      violations.add("ended twice");
    }
    ended.complete(end);
    started.completeExceptionally(new IllegalStateException("ended without a start: " + end));
    firstText.completeExceptionally(new IllegalStateException("ended without text: " + end));
  }

  private void noteThread() {
    Thread current = Thread.currentThread();
    if (thread != null && !thread.equals(current)) {
      violations.add("called from two threads");
    }
    thread = current;
  }

  /** Waits for the start. */
  public PromptUsage awaitStarted() {
    return await(started);
  }

  /** Waits for the first piece of text. */
  public void awaitFirstText() {
    await(firstText.thenApply(nothing -> true));
  }

  /** Waits for the end. */
  public GenerationEnd awaitEnd() {
    return await(ended);
  }

  /** Waits for the end, which must be a whole answer. */
  public GenerationEnd.Finished awaitFinished() {
    GenerationEnd end = awaitEnd();
    if (end instanceof GenerationEnd.Finished finished) {
      return finished;
    }
    throw new AssertionError("expected a finished generation, got " + end);
  }

  /** Waits for the end, which must be a failure. */
  public GenerationEnd.Failed awaitFailed() {
    GenerationEnd end = awaitEnd();
    if (end instanceof GenerationEnd.Failed failed) {
      return failed;
    }
    throw new AssertionError("expected a failed generation, got " + end);
  }

  public boolean isEnded() {
    return ended.isDone();
  }

  /** The start, if it was told. */
  public Optional<PromptUsage> startedUsage() {
    return started.isDone() && !started.isCompletedExceptionally()
        ? Optional.of(started.join())
        : Optional.empty();
  }

  /** All text so far. */
  public synchronized String text() {
    StringBuilder text = new StringBuilder();
    deltas.forEach(delta -> text.append(delta.text()));
    return text.toString();
  }

  public synchronized List<TextDelta> deltas() {
    return List.copyOf(deltas);
  }

  public synchronized List<TokenLogprob> logprobs() {
    return deltas.stream().flatMap(delta -> delta.logprobs().stream()).toList();
  }

  /** What was wrong with the order of calls; empty if nothing. */
  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  private static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      throw new AssertionError("nothing within " + PATIENCE_SECONDS + " s", late);
    } catch (ExecutionException failure) {
      throw new AssertionError(failure.getCause());
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interruption);
    }
  }
}
