package dev.hourglass.server;

import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.protocol.response.ModelDescription;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The models that answer here. */
final class ModelEndpoints {
  private final EngineDirectory engines;
  private final Instant loadedAt;

  ModelEndpoints(EngineDirectory engines, Instant loadedAt) {
    this.engines = engines;
    this.loadedAt = loadedAt;
  }

  /** {@code GET /v1/models}. */
  void list(Exchange exchange) {
    List<ModelDescription> models =
        engines.engines().stream().map(engine -> description(engine.info())).toList();
    exchange.sendJson(200, ModelDescription.listToJson(models));
  }

  /** {@code GET /v1/models/{model}}. */
  void find(Exchange exchange) {
    Optional<ModelDescription> model =
        decoded(exchange.parameter())
            .flatMap(engines::resolve)
            .map(name -> description(engines.engineFor(name).info()));
    if (model.isEmpty()) {
      exchange.fail(
          HttpFailure.of(
              404, "model_not_found", "model: not here (expected: one that /v1/models lists)"));
      return;
    }
    exchange.sendJson(200, model.get().toJson());
  }

  private ModelDescription description(EngineInfo info) {
    return new ModelDescription(info.model(), loadedAt, info.contextTokens());
  }

  private static Optional<String> decoded(String segment) {
    try {
      // In a path a plus sign is itself, unlike in a form.
      return Optional.of(URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }
}
