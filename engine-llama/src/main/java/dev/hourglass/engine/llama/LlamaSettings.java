package dev.hourglass.engine.llama;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What an embedded engine needs to know.
 *
 * @param modelFile a GGUF file
 * @param modelName the name that clients use
 * @param contextTokens the most tokens of one session, prompt and answer together; the model's own
 *     training context bounds it further
 * @param kvTokens cells of the KV cache that all sessions share, at least {@code contextTokens}
 * @param maxSequences sessions that can be resident at once, 1 to 64
 * @param threads that compute a step
 * @param stepBudget how long one step of all sequences may take; prompt chunks are sized by it
 * @param maxQueue generations that may wait for a place; one more is refused as overloaded
 * @param cacheFolder private folder into which the native library is unpacked
 */
public record LlamaSettings(
    Path modelFile,
    String modelName,
    int contextTokens,
    int kvTokens,
    int maxSequences,
    ComputeThreads threads,
    Duration stepBudget,
    int maxQueue,
    Path cacheFolder) {
  /** Context of one session where nothing is said. */
  public static final int DEFAULT_CONTEXT_TOKENS = 4096;

  /** Cells of the cache where nothing is said. */
  public static final int DEFAULT_KV_TOKENS = 16384;

  /** Resident sessions where nothing is said. */
  public static final int DEFAULT_MAX_SEQUENCES = 16;

  /** Time for one step where nothing is said. */
  public static final Duration DEFAULT_STEP_BUDGET = Duration.ofMillis(50);

  /** Waiting generations where nothing is said. */
  public static final int DEFAULT_MAX_QUEUE = 256;

  public LlamaSettings {
    if (modelName.isBlank()) {
      throw new IllegalArgumentException("modelName: blank (expected: a name)");
    }
    requireRange("contextTokens", contextTokens, 64, 1 << 20);
    requireRange("kvTokens", kvTokens, contextTokens, 1 << 24);
    requireRange("maxSequences", maxSequences, 1, 64);
    requireRange("maxQueue", maxQueue, 1, 1 << 20);
    if (stepBudget.compareTo(Duration.ofMillis(1)) < 0
        || stepBudget.compareTo(Duration.ofSeconds(10)) > 0) {
      throw new IllegalArgumentException("stepBudget: " + stepBudget + " (expected: 1 ms to 10 s)");
    }
  }

  /** Settings for a model with everything else at its default. */
  public static LlamaSettings of(Path modelFile, String modelName, Path cacheFolder) {
    return new LlamaSettings(
        modelFile,
        modelName,
        DEFAULT_CONTEXT_TOKENS,
        DEFAULT_KV_TOKENS,
        DEFAULT_MAX_SEQUENCES,
        ComputeThreads.forProcessors(Runtime.getRuntime().availableProcessors()),
        DEFAULT_STEP_BUDGET,
        DEFAULT_MAX_QUEUE,
        cacheFolder);
  }

  public LlamaSettings withContextTokens(int tokens) {
    return new LlamaSettings(
        modelFile,
        modelName,
        tokens,
        Math.max(kvTokens, tokens),
        maxSequences,
        threads,
        stepBudget,
        maxQueue,
        cacheFolder);
  }

  public LlamaSettings withKvTokens(int tokens) {
    return new LlamaSettings(
        modelFile,
        modelName,
        contextTokens,
        tokens,
        maxSequences,
        threads,
        stepBudget,
        maxQueue,
        cacheFolder);
  }

  public LlamaSettings withMaxSequences(int sequences) {
    return new LlamaSettings(
        modelFile,
        modelName,
        contextTokens,
        kvTokens,
        sequences,
        threads,
        stepBudget,
        maxQueue,
        cacheFolder);
  }

  public LlamaSettings withThreads(ComputeThreads count) {
    return new LlamaSettings(
        modelFile,
        modelName,
        contextTokens,
        kvTokens,
        maxSequences,
        count,
        stepBudget,
        maxQueue,
        cacheFolder);
  }

  public LlamaSettings withMaxQueue(int generations) {
    return new LlamaSettings(
        modelFile,
        modelName,
        contextTokens,
        kvTokens,
        maxSequences,
        threads,
        stepBudget,
        generations,
        cacheFolder);
  }

  private static void requireRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + least + " to " + most + ")");
    }
  }
}
