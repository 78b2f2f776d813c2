package dev.hourglass.core.embedding;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Where clients have texts embedded: one request after the other, on a lane of its own, so that the
 * rest of the house keeps its processors. As many wait as may wait; others are told to come back.
 */
public final class EmbeddingDesk {
  private final List<EmbeddingModel> models;
  private final Limits limits;
  private final Executor lane;
  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder texts = new LongAdder();
  private final LongAdder tokens = new LongAdder();
  private final LongAdder turnedAway = new LongAdder();

  /**
   * What a request may ask for.
   *
   * @param texts of one request, at most
   * @param characters of all texts of a request, at most
   * @param waiting requests that wait or run at once, at most
   */
  public record Limits(int texts, int characters, int waiting) {
    public static final Limits DEFAULTS = new Limits(256, 1 << 18, 16);

    public Limits {
      requirePositive("texts", texts);
      requirePositive("characters", characters);
      requirePositive("waiting", waiting);
    }

    private static void requirePositive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
      }
    }
  }

  /** What came of a request. */
  public sealed interface Outcome {
    /** A vector for each text, in their order. */
    record Done(List<EmbeddingModel.Vector> vectors, long tokens) implements Outcome {
      public Done {
        vectors = List.copyOf(vectors);
      }
    }

    /** As many wait as may wait. */
    record Busy(int waiting) implements Outcome {}

    /** The model cannot be used here. */
    record Unavailable(String reason) implements Outcome {}
  }

  /**
   * Opens a desk.
   *
   * @param models the first is used where a client names none
   * @param lane runs one task after the other; not on an event loop
   */
  public EmbeddingDesk(List<EmbeddingModel> models, Limits limits, Executor lane) {
    this.models = List.copyOf(models);
    this.limits = limits;
    this.lane = lane;
  }

  /** A desk without models, which finds none. */
  public static EmbeddingDesk empty() {
    return new EmbeddingDesk(List.of(), Limits.DEFAULTS, Runnable::run);
  }

  public List<EmbeddingModel.Profile> models() {
    return models.stream().map(EmbeddingModel::profile).toList();
  }

  /** The model of that name, or the first for {@code null}. */
  public Optional<EmbeddingModel> find(@Nullable String name) {
    return models.stream()
        .filter(model -> name == null || model.profile().name().equals(name))
        .findFirst();
  }

  public Limits limits() {
    return limits;
  }

  /** Embeds texts; returns at once. What a model throws, the future throws. */
  public CompletableFuture<Outcome> embed(EmbeddingModel model, List<String> asked) {
    int before = waiting.getAndIncrement();
    if (before >= limits.waiting()) {
      waiting.decrementAndGet();
      turnedAway.increment();
      return CompletableFuture.completedFuture(new Outcome.Busy(before));
    }
    try {
      return CompletableFuture.<Outcome>supplyAsync(() -> embedAll(model, asked), lane)
          .whenComplete((_, _) -> waiting.decrementAndGet());
    } catch (RejectedExecutionException stopping) {
      waiting.decrementAndGet();
      return CompletableFuture.completedFuture(new Outcome.Unavailable("the gateway is stopping"));
    }
  }

  private Outcome embedAll(EmbeddingModel model, List<String> asked) {
    List<EmbeddingModel.Vector> vectors = new ArrayList<>(asked.size());
    long seen = 0;
    for (String text : asked) {
      switch (model.embed(text)) {
        case EmbeddingModel.Result.Embedded(var vector, var textTokens) -> {
          vectors.add(vector);
          seen += textTokens;
        }
        case EmbeddingModel.Result.Unavailable(var reason) -> {
          return new Outcome.Unavailable(reason);
        }
      }
    }
    texts.add(vectors.size());
    tokens.add(seen);
    return new Outcome.Done(vectors, seen);
  }

  /** Requests that wait or run. */
  public int waiting() {
    return waiting.get();
  }

  /** Texts embedded. */
  public long texts() {
    return texts.sum();
  }

  /** Tokens of the texts embedded. */
  public long tokens() {
    return tokens.sum();
  }

  /** Requests that were told to come back. */
  public long turnedAway() {
    return turnedAway.sum();
  }
}
