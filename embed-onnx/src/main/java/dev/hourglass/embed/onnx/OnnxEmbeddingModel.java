package dev.hourglass.embed.onnx;

import dev.hourglass.core.embedding.EmbeddingModel;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small model that is loaded when it is first asked to embed, which takes about a second. Where
 * that fails, for want of a native library or of the jars themselves, it says so from then on.
 */
public final class OnnxEmbeddingModel implements EmbeddingModel {
  private static final Logger log = LoggerFactory.getLogger(OnnxEmbeddingModel.class);

  private static final Profile MINILM = new Profile("all-minilm-l6-v2", 384, 128, false);
  private static final Profile BGE = new Profile("bge-small-zh-v1.5", 512, 512, true);

  /** The two that stand around every text. */
  private static final int MARKER_TOKENS = 2;

  private final Profile profile;
  private final Loading loading;

  // Guarded by this until it is set.
  private volatile @Nullable Encoder encoder;

  /** How a model is loaded. */
  interface Loading {
    Encoder load() throws Exception;
  }

  /** A loaded model, or why there is none. */
  interface Encoder {
    Result encode(String text);
  }

  OnnxEmbeddingModel(Profile profile, Loading loading) {
    this.profile = profile;
    this.loading = loading;
  }

  /**
   * All models there are: all-MiniLM-L6-v2 for English and bge-small-zh-v1.5 for Chinese, both with
   * weights of eight bits. Loads nothing.
   *
   * @param nativeFolder where native libraries are unpacked
   */
  public static List<EmbeddingModel> all(Path nativeFolder) {
    return List.of(
        model(MINILM, "all-minilm-l6-v2-q", PoolingMode.MEAN, nativeFolder),
        model(BGE, "bge-small-zh-v1.5-q", PoolingMode.CLS, nativeFolder));
  }

  private static EmbeddingModel model(
      Profile profile, String file, PoolingMode pooling, Path nativeFolder) {
    return new OnnxEmbeddingModel(
        profile, () -> encoder(InProcessEncoder.load(file, pooling, nativeFolder), profile));
  }

  /** Averages the parts of a long text by their tokens. */
  private static Encoder encoder(InProcessEncoder loaded, Profile profile) {
    return text -> {
      WeightedSum sum = new WeightedSum(profile.dimensions());
      TextParts.of(text).forEach(part -> add(sum, part, loaded, profile));
      return new Result.Embedded(new Vector(sum.ofLengthOne()), sum.tokens());
    };
  }

  /** A part that fills the context was cut there, as far as anybody can tell: halves are not. */
  private static void add(WeightedSum sum, String part, InProcessEncoder loaded, Profile profile) {
    Response<List<Embedding>> answer = loaded.embedAll(List.of(TextSegment.from(part)));
    TokenUsage usage = Objects.requireNonNull(answer.tokenUsage(), "tokens are counted");
    int tokens = Objects.requireNonNull(usage.inputTokenCount(), "tokens are counted");
    if (tokens >= profile.contextTokens() - MARKER_TOKENS && part.length() > TextParts.SHORTEST) {
      TextParts.halves(part).forEach(half -> add(sum, half, loaded, profile));
    } else {
      sum.add(answer.content().getFirst().vector(), tokens);
    }
  }

  @Override
  public Profile profile() {
    return profile;
  }

  @Override
  public Result embed(String text) {
    Encoder ready = encoder;
    return (ready == null ? loaded() : ready).encode(text);
  }

  private synchronized Encoder loaded() {
    Encoder ready = encoder;
    if (ready == null) {
      ready = load();
      encoder = ready;
    }
    return ready;
  }

  private Encoder load() {
    long start = System.nanoTime();
    try {
      Encoder loaded = loading.load();
      log.info(
          "{} loaded in {} s",
          profile.name(),
          String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) * 1e-9));
      return loaded;
    } catch (Exception | LinkageError failure) {
      // A native library that does not fit this machine shows as any of these.
      String reason = profile.name() + " could not be loaded: " + failure;
      log.warn("{}", reason, failure);
      Result unavailable = new Result.Unavailable(reason);
      return _ -> unavailable;
    }
  }
}
