package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.gguf.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The official OpenAI SDK, unmodified, has texts embedded by the real models. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddingsTest {
  private RunningHouse house;
  private OpenAIClient client;

  @BeforeAll
  void start(@TempDir Path folder) throws IOException, InterruptedException {
    Path model = folder.resolve("tiny.gguf");
    TinyModel.endless(11).write(model);
    house =
        RunningHouse.start(
            LlamaSettings.of(model, "tiny", folder.resolve("native"))
                .withThreads(ComputeThreads.of(1)),
            folder.resolve("data"),
            ApiKeys.none());
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(house.base() + "/v1")
            .apiKey("none")
            .maxRetries(0)
            .build();
  }

  @AfterAll
  void stop() {
    client.close();
    house.close();
  }

  private CreateEmbeddingResponse embed(
      String model, EmbeddingCreateParams.EncodingFormat format, String... texts) {
    return client
        .embeddings()
        .create(
            EmbeddingCreateParams.builder()
                .model(model)
                .inputOfArrayOfStrings(List.of(texts))
                .encodingFormat(format)
                .build());
  }

  private static double cosine(List<Float> one, List<Float> other) {
    double product = 0;
    for (int index = 0; index < one.size(); index++) {
      product += one.get(index) * other.get(index);
    }
    return product;
  }

  @Test
  void bothEncodingsTellWhatTextsMean() {
    for (EmbeddingCreateParams.EncodingFormat format :
        List.of(
            EmbeddingCreateParams.EncodingFormat.FLOAT,
            EmbeddingCreateParams.EncodingFormat.BASE64)) {
      CreateEmbeddingResponse answer =
          embed(
              "all-minilm-l6-v2",
              format,
              "The car won't start",
              "My automobile has engine trouble",
              "The soup is too salty");
      List<List<Float>> vectors = answer.data().stream().map(each -> each.embedding()).toList();

      assertThat(vectors).hasSize(3).allMatch(vector -> vector.size() == 384);
      assertThat(cosine(vectors.get(0), vectors.get(0))).isCloseTo(1, within(1e-3));
      assertThat(cosine(vectors.get(0), vectors.get(1)))
          .isGreaterThan(cosine(vectors.get(0), vectors.get(2)) + 0.2);
      assertThat(answer.usage().promptTokens()).isBetween(15L, 30L);
      assertThat(answer.model()).isEqualTo("all-minilm-l6-v2");
    }
  }

  @Test
  void chineseHasItsOwnModel() {
    CreateEmbeddingResponse answer =
        embed("bge-small-zh-v1.5", EmbeddingCreateParams.EncodingFormat.FLOAT, "汽车发动不了");

    assertThat(answer.data().getFirst().embedding()).hasSize(512);
  }

  @Test
  void theModelsAreListedAndOthersRefused() {
    assertThat(client.models().list().data())
        .extracting(Model::id)
        .containsExactly("tiny", "all-minilm-l6-v2", "bge-small-zh-v1.5");
    assertThatThrownBy(
            () -> embed("text-embedding-3-small", EmbeddingCreateParams.EncodingFormat.FLOAT, "x"))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(
            () -> embed("all-minilm-l6-v2", EmbeddingCreateParams.EncodingFormat.FLOAT, " "))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("input[0]: blank");
  }
}
