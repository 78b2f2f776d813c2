package dev.hourglass.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.testkit.engine.RecordingSink;
import dev.hourglass.testkit.gguf.TinyModel;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineMetersTest {
  @Test
  void showsWhatTheEngineDid(@TempDir Path folder) {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(1).write(model);
    LlamaSettings settings =
        LlamaSettings.of(model, "tiny", folder.resolve("native"))
            .withContextTokens(256)
            .withThreads(ComputeThreads.of(1));
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    LlamaOpening opening =
        LlamaEngine.open(
            settings, new LeastRecentlyUsed(), (id, tokens) -> {}, System::nanoTime, new Random(1));
    try (LlamaEngine engine = ((LlamaOpening.Opened) opening).engine()) {
      EngineMeters.show(engine, meters);
      RecordingSink sink = new RecordingSink();
      engine.generate(
          new GenerationRequest(
              SessionId.random(new Random(2)),
              TenantId.DEFAULT,
              new Prompt.Text("once upon a time"),
              Sampling.GREEDY,
              7,
              false),
          sink);
      sink.awaitEnd();
      engine.occupancy().toCompletableFuture().join();

      assertThat(meters.scrape())
          .contains("hourglass_engine_decoded_tokens_total{model=\"tiny\"} 7.0")
          .contains("hourglass_engine_queued{model=\"tiny\"} 0.0")
          .contains("hourglass_engine_running{model=\"tiny\"} 0.0");
    }
  }
}
