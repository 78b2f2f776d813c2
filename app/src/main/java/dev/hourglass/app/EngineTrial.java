package dev.hourglass.app;

import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;

/** An engine that is opened only to see whether it opens. */
final class EngineTrial {
  private static final int FEW_TOKENS = 64;

  private EngineTrial() {}

  /** What is wrong with the library or the model, in one line; empty when both load. */
  static Optional<String> problem(Path modelFile, Path cacheFolder) {
    LlamaSettings settings =
        LlamaSettings.of(modelFile, Settings.modelName(modelFile), cacheFolder.resolve("native"))
            .withContextTokens(FEW_TOKENS)
            .withKvTokens(FEW_TOKENS);
    LlamaOpening opening =
        LlamaEngine.open(
            settings, new LeastRecentlyUsed(), (_, _) -> {}, System::nanoTime, new SecureRandom());
    return switch (opening) {
      case LlamaOpening.Opened(LlamaEngine engine) -> {
        engine.close();
        yield Optional.empty();
      }
      case LlamaOpening.Unavailable(String reason) -> Optional.of(reason);
    };
  }
}
