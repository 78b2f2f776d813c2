package dev.hourglass.embed.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * A loaded model. It computes on the thread that asks and on no other: ONNX Runtime would otherwise
 * take every processor, and spin on them.
 */
final class InProcessEncoder extends AbstractInProcessEmbeddingModel {
  private final OnnxBertBiEncoder encoder;

  private InProcessEncoder(OnnxBertBiEncoder encoder) {
    super(Runnable::run);
    this.encoder = encoder;
  }

  /**
   * Loads the model of a file in the LangChain4j jars.
   *
   * @param nativeFolder where the tokenizer's native library is unpacked
   */
  static InProcessEncoder load(String file, PoolingMode pooling, Path nativeFolder)
      throws IOException, OrtException {
    keepToThisMachine(nativeFolder);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        InputStream tokenizer = resource(file + "-tokenizer.json")) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      OrtSession session = environment.createSession(bytes(file + ".onnx"), options);
      return new InProcessEncoder(new OnnxBertBiEncoder(environment, session, tokenizer, pooling));
    }
  }

  /**
   * The tokenizer's library would tell its makers that it runs, and fetch one for a graphics card
   * where it finds one. Whoever runs the process may say otherwise.
   */
  private static void keepToThisMachine(Path nativeFolder) {
    setUnlessSet("OPT_OUT_TRACKING", "true");
    setUnlessSet("RUST_FLAVOR", "cpu");
    setUnlessSet("ai.djl.offline", "true");
    setUnlessSet("DJL_CACHE_DIR", nativeFolder.toString());
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private static byte[] bytes(String file) throws IOException {
    try (InputStream content = resource(file)) {
      return content.readAllBytes();
    }
  }

  private static InputStream resource(String file) throws IOException {
    InputStream content = InProcessEncoder.class.getResourceAsStream("/" + file);
    if (content == null) {
      throw new IOException(file + " is not on the class path");
    }
    return content;
  }

  @Override
  protected OnnxBertBiEncoder model() {
    return encoder;
  }
}
