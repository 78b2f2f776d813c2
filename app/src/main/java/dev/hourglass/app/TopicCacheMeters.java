package dev.hourglass.app;

import dev.hourglass.core.activity.CachedEmbedder;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;

/** How often a user turn's topic was known already, among the metrics. */
final class TopicCacheMeters {
  private TopicCacheMeters() {}

  static void show(CachedEmbedder cache, MeterRegistry registry) {
    FunctionCounter.builder("hourglass.activity.topic.cache", cache, CachedEmbedder::hits)
        .description("User turns whose text was looked for in the cache of topics")
        .tag("result", "hit")
        .register(registry);
    FunctionCounter.builder("hourglass.activity.topic.cache", cache, CachedEmbedder::misses)
        .description("User turns whose text was looked for in the cache of topics")
        .tag("result", "miss")
        .register(registry);
  }
}
