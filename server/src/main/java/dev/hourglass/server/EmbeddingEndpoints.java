package dev.hourglass.server;

import dev.hourglass.core.embedding.EmbeddingDesk;
import dev.hourglass.core.embedding.EmbeddingDesk.Outcome;
import dev.hourglass.core.embedding.EmbeddingModel;
import dev.hourglass.protocol.request.EmbeddingRequest;
import dev.hourglass.protocol.request.EmbeddingRequest.Encoding;
import dev.hourglass.protocol.request.InvalidRequest;
import dev.hourglass.protocol.request.RequestParser;
import dev.hourglass.protocol.response.EmbeddingList;
import dev.hourglass.server.BlockingWork.Reply;
import java.util.Optional;

/** Texts as vectors, over HTTP. */
final class EmbeddingEndpoints {
  private final EmbeddingDesk desk;
  private final RequestParser parser;
  private final BlockingWork blocking;

  EmbeddingEndpoints(EmbeddingDesk desk, RequestParser parser, BlockingWork blocking) {
    this.desk = desk;
    this.parser = parser;
    this.blocking = blocking;
  }

  /** {@code POST /v1/embeddings}. */
  void embed(Exchange exchange) {
    exchange.readBody(body -> {
      try {
        EmbeddingDesk.Limits limits = desk.limits();
        embed(exchange, parser.embedding(body, limits.texts(), limits.characters()));
      } catch (InvalidRequest refusal) {
        exchange.fail(HttpFailure.of(refusal));
      }
    });
  }

  private void embed(Exchange exchange, EmbeddingRequest request) {
    Optional<EmbeddingModel> found = desk.find(request.model());
    if (found.isEmpty()) {
      exchange.fail(
          HttpFailure.of(
              404,
              "model_not_found",
              "model: not here (expected: one that /v1/models lists with embedding_dimensions)"));
      return;
    }
    EmbeddingModel model = found.get();
    int dimensions = model.profile().dimensions();
    if (request.dimensions() != null && request.dimensions() != dimensions) {
      exchange.fail(
          HttpFailure.badRequest(
              "dimensions: %d (expected: %d, the model's own, or none)"
                  .formatted(request.dimensions(), dimensions),
              "dimensions",
              "invalid_value"));
      return;
    }
    blocking.answer(exchange, () -> reply(request, model));
  }

  private Reply reply(EmbeddingRequest request, EmbeddingModel model) throws Exception {
    return switch (desk.embed(model, request.input()).get()) {
      case Outcome.Done(var vectors, var tokens) ->
          Reply.json(
              200,
              new EmbeddingList(
                      model.profile().name(),
                      vectors.stream().map(EmbeddingModel.Vector::components).toList(),
                      request.encoding() == Encoding.BASE64,
                      tokens)
                  .toJson());
      case Outcome.Busy(var waiting) ->
          Reply.failure(
              HttpFailure.overloaded(
                  "embeddings: %d requests wait (the limit)".formatted(waiting)));
      case Outcome.Unavailable(var reason) ->
          Reply.failure(HttpFailure.of(503, "embeddings_unavailable", reason));
    };
  }
}
