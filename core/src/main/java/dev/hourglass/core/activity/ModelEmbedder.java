package dev.hourglass.core.activity;

import dev.hourglass.core.embedding.EmbeddingModel;
import dev.hourglass.core.embedding.EmbeddingModel.Result;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Places texts by what they mean, with the model that knows their script. It says once of each
 * model that cannot be used.
 */
public final class ModelEmbedder implements Embedder {
  private static final Logger log = LoggerFactory.getLogger(ModelEmbedder.class);

  /** More ideographs than this among the letters make a text Chinese. */
  private static final double IDEOGRAPHIC_SHARE = 0.3;

  private final List<EmbeddingModel> models;
  private final Set<String> unavailable = new HashSet<>();

  public ModelEmbedder(List<EmbeddingModel> models) {
    this.models = List.copyOf(models);
  }

  @Override
  public Optional<TopicVector> embed(String text) {
    boolean ideographic = isIdeographic(text);
    for (EmbeddingModel model : models) {
      EmbeddingModel.Profile profile = model.profile();
      if (profile.ideographic() == ideographic && !unavailable.contains(profile.name())) {
        return embed(model, text);
      }
    }
    return Optional.empty();
  }

  private Optional<TopicVector> embed(EmbeddingModel model, String text) {
    String name = model.profile().name();
    return switch (model.embed(text)) {
      case Result.Embedded(var vector, _) ->
          Optional.of(TopicVector.of(name, TopicMeasure.EMBEDDING, vector.components()));
      case Result.Unavailable(var reason) -> {
        unavailable.add(name);
        log.warn("topics are compared by their words, since {} cannot be used: {}", name, reason);
        yield Optional.empty();
      }
    };
  }

  private static boolean isIdeographic(String text) {
    long letters = text.codePoints().filter(Character::isLetter).count();
    long ideographs = text.codePoints().filter(Character::isIdeographic).count();
    return ideographs > IDEOGRAPHIC_SHARE * letters;
  }
}
