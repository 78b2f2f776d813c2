package dev.hourglass.engine.llama;

import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.testkit.gguf.TinyModel;
import java.nio.file.Path;
import java.util.Random;

/** Opens engines on the tiny model, as tests need them. */
final class LlamaEngines {
  private static final Path FOLDER = Path.of("target", "tiny").toAbsolutePath();

  private LlamaEngines() {}

  /** Settings for a model written on the spot: 1 thread, 8 sequences, 8,192 cells. */
  static LlamaSettings settings(TinyModel model) {
    FOLDER.toFile().mkdirs();
    Path file = FOLDER.resolve("tiny-%08x.gguf".formatted(model.hashCode()));
    return LlamaSettings.of(model.write(file), "tiny", FOLDER.resolve("native"))
        .withThreads(ComputeThreads.of(1))
        .withMaxSequences(8)
        .withContextTokens(1024)
        .withKvTokens(8192);
  }

  static LlamaEngine open(LlamaSettings settings) {
    LlamaOpening opening =
        LlamaEngine.open(
            settings,
            new LeastRecentlyUsed(),
            (session, kvTokens) -> {},
            System::nanoTime,
            new Random(7));
    return switch (opening) {
      case LlamaOpening.Opened opened -> opened.engine();
      case LlamaOpening.Unavailable unavailable -> throw new AssertionError(unavailable.reason());
    };
  }

  static LlamaEngine open() {
    return open(settings(TinyModel.endless(1)));
  }
}
