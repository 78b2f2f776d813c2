package dev.hourglass.server;

import dev.hourglass.core.embedding.EmbeddingDesk;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** What is embedded for clients, among the metrics. */
final class EmbeddingMeters {
  private EmbeddingMeters() {}

  static void show(EmbeddingDesk desk, MeterRegistry registry) {
    Gauge.builder("hourglass.embeddings.waiting", desk, EmbeddingDesk::waiting)
        .description("Requests for embeddings that wait or run")
        .register(registry);
    FunctionCounter.builder("hourglass.embeddings.texts", desk, EmbeddingDesk::texts)
        .description("Texts embedded for clients")
        .register(registry);
    FunctionCounter.builder("hourglass.embeddings.tokens", desk, EmbeddingDesk::tokens)
        .description("Tokens of the texts embedded for clients")
        .register(registry);
    FunctionCounter.builder("hourglass.embeddings.turned.away", desk, EmbeddingDesk::turnedAway)
        .description("Requests for embeddings that found as many waiting as may wait")
        .register(registry);
  }
}
