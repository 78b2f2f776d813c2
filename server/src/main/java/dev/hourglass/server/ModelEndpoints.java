package dev.hourglass.server;

import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.embedding.EmbeddingModel;
import dev.hourglass.core.engine.EngineInfo;
import dev.hourglass.core.routing.EngineDirectory;
import dev.hourglass.protocol.response.ModelDescription;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The models that answer here. */
final class ModelEndpoints {
  private final EngineDirectory engines;
  private final EmbeddingDesk embeddings;
  private final Instant loadedAt;

  ModelEndpoints(EngineDirectory engines, EmbeddingDesk embeddings, Instant loadedAt) {
    this.engines = engines;
    this.embeddings = embeddings;
    this.loadedAt = loadedAt;
  }

  /** {@code GET /v1/models}. */
  void list(Exchange exchange) {
    List<ModelDescription> models =
        Stream.concat(
                engines.served().stream().map(engine -> description(engine.info())),
                embeddings.models().stream().map(this::description))
            .toList();
    exchange.sendJson(200, ModelDescription.listToJson(models));
  }

  /** {@code GET /v1/models/{model}}. */
  void find(Exchange exchange) {
    Optional<ModelDescription> model =
        decoded(exchange.parameter())
            .flatMap(name ->
                engines
                    .resolve(name)
                    .map(known -> description(engines.engineFor(known).info()))
                    .or(() ->
                        embeddings.find(name).map(EmbeddingModel::profile).map(this::description)));
    if (model.isEmpty()) {
      exchange.fail(
          HttpFailure.of(
              404, "model_not_found", "model: not here (expected: one that /v1/models lists)"));
      return;
    }
    exchange.sendJson(200, model.get().toJson());
  }

  private ModelDescription description(EngineInfo info) {
    return new ModelDescription(info.model(), loadedAt, info.contextTokens(), null);
  }

  private ModelDescription description(EmbeddingModel.Profile profile) {
    return new ModelDescription(
        profile.name(), loadedAt, profile.contextTokens(), profile.dimensions());
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
