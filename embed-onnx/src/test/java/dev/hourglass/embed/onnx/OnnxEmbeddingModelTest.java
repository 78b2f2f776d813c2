package dev.hourglass.embed.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hourglass.core.activity.ActivityWatch;
import dev.hourglass.core.activity.ActivityWeights;
import dev.hourglass.core.activity.ModelEmbedder;
import dev.hourglass.core.activity.SessionActivity;
import dev.hourglass.core.activity.TopicMeasure;
import dev.hourglass.core.embedding.EmbeddingModel;
import dev.hourglass.core.embedding.EmbeddingModel.Result;
import dev.hourglass.core.embedding.EmbeddingModel.Vector;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The real models, which come with their jars. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OnnxEmbeddingModelTest {
  private List<EmbeddingModel> models;
  private EmbeddingModel english;
  private EmbeddingModel chinese;

  @BeforeAll
  void loadOnce(@TempDir Path folder) {
    models = OnnxEmbeddingModel.all(folder);
    english = models.getFirst();
    chinese = models.getLast();
  }

  private static Vector vector(EmbeddingModel model, String text) {
    return ((Result.Embedded) model.embed(text)).vector();
  }

  private static double cosine(EmbeddingModel model, String one, String other) {
    return cosine(vector(model, one), vector(model, other));
  }

  private static double cosine(Vector first, Vector second) {
    double product = 0;
    for (int index = 0; index < first.dimensions(); index++) {
      product += first.component(index) * second.component(index);
    }
    return product;
  }

  @Test
  void theEnglishOneKnowsWhatWordsMean() {
    assertThat(vector(english, "bread").dimensions()).isEqualTo(english.profile().dimensions());
    assertThat(cosine(english, "bread", "bread")).isCloseTo(1, within(1e-4));
    assertThat(cosine(english, "The car won't start", "My automobile has engine trouble"))
        .as("no word in common")
        .isGreaterThan(cosine(english, "The car won't start", "The soup is too salty") + 0.2);
  }

  @Test
  void theChineseOneToo() {
    assertThat(vector(chinese, "面包").dimensions()).isEqualTo(chinese.profile().dimensions());
    assertThat(cosine(chinese, "汽车发动不了", "我的轿车引擎坏了"))
        .isGreaterThan(cosine(chinese, "汽车发动不了", "这碗汤太咸了") + 0.1);
  }

  @Test
  void tokensAreCountedAndLongTextsTaken() {
    Result.Embedded some = (Result.Embedded) english.embed("one two three");
    Result.Embedded many = (Result.Embedded) english.embed("one two three ".repeat(1_000));

    assertThat(some.tokens()).isBetween(3, 5);
    assertThat(many.tokens()).isBetween(3_000, 3_200);
    assertThat(many.vector().dimensions()).isEqualTo(english.profile().dimensions());
    Result.Embedded dense = (Result.Embedded) english.embed("a b ".repeat(1_000));
    assertThat(dense.tokens()).as("many tokens in few characters").isBetween(2_000, 2_100);
    String soup = "soup ".repeat(200);
    String car = "The car won't start";
    assertThat(cosine(english, soup + "my car has engine trouble ".repeat(40), car))
        .as("the end of a long text counts")
        .isGreaterThan(cosine(english, soup, car) + 0.05);
  }

  @Test
  void topicsAreComparedInTheirOwnLanguage() {
    ActivityWatch watch =
        new ActivityWatch(ActivityWeights.DEFAULTS, new ModelEmbedder(models), 10, () -> 0);
    for (List<String> turns :
        List.of(
            List.of("The car won't start", "My automobile has engine trouble"),
            List.of("汽车发动不了", "我的轿车引擎坏了"))) {
      SessionActivity session = new SessionActivity();
      turns.forEach(text -> watch.turnEnded(session, text, 0, 0));
      watch.measureTopics();

      assertThat(watch.score(session).topicMeasure()).isEqualTo(TopicMeasure.EMBEDDING);
      assertThat(watch.score(session).topicContinuity()).isGreaterThan(0.4);
    }
  }

  @Test
  void aLibraryThatCannotBeLoadedIsSaidAndWordsStandIn() {
    AtomicInteger attempts = new AtomicInteger();
    EmbeddingModel broken =
        new OnnxEmbeddingModel(
            english.profile(),
            () -> {
              attempts.incrementAndGet();
              throw new UnsatisfiedLinkError("libonnxruntime.so: no such file");
            });
    assertThat(broken.embed("x"))
        .isEqualTo(
            new Result.Unavailable(
                "all-minilm-l6-v2 could not be loaded: java.lang.UnsatisfiedLinkError:"
                    + " libonnxruntime.so: no such file"));

    ActivityWatch watch =
        new ActivityWatch(
            ActivityWeights.DEFAULTS, new ModelEmbedder(List.of(broken)), 10, () -> 0);
    SessionActivity session = new SessionActivity();
    watch.turnEnded(session, "bake bread", 0, 0);
    watch.turnEnded(session, "bread to bake", 0, 0);
    watch.measureTopics();

    assertThat(watch.byWords()).isEqualTo(2);
    assertThat(watch.score(session).topicMeasure()).isEqualTo(TopicMeasure.LEXICAL);
    assertThat(attempts).as("it is not tried again and again").hasValue(1);
  }
}
