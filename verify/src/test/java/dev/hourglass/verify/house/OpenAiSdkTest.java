package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.models.Model;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.gguf.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The official OpenAI SDK, unmodified, against a running house. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiSdkTest {
  private static final String KEY = "sk-test-of-the-sdk";

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
            new ApiKeys(List.of(ApiKeys.Key.of(new TenantId("sdk"), KEY))));
    client = client(KEY);
  }

  @AfterAll
  void stop() {
    client.close();
    house.close();
  }

  private OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(house.base() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  private static ChatCompletionCreateParams.Builder ask(String text) {
    return ChatCompletionCreateParams.builder()
        .model("tiny")
        .addUserMessage(text)
        .temperature(0)
        .maxCompletionTokens(12);
  }

  @Test
  void chatsAndCountsWhatWasCachedInTheSecondTurn() {
    ChatCompletion first = client.chat().completions().create(ask("How are you today?").build());
    ChatCompletion second =
        client
            .chat()
            .completions()
            .create(
                ask("How are you today?")
                    .addMessage(first.choices().getFirst().message())
                    .addUserMessage("And now?")
                    .build());

    assertThat(first.choices().getFirst().message().content()).isPresent();
    assertThat(first.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(first.usage().orElseThrow().completionTokens()).isEqualTo(12);
    assertThat(cached(first)).isZero();
    assertThat(cached(second))
        .as("the whole first prompt, and the answer up to its last token")
        .isGreaterThanOrEqualTo(first.usage().orElseThrow().promptTokens());
  }

  private static long cached(ChatCompletion completion) {
    return completion
        .usage()
        .orElseThrow()
        .promptTokensDetails()
        .orElseThrow()
        .cachedTokens()
        .orElseThrow();
  }

  @Test
  void streamsTheSameTextThatItAnswersInOnePiece() {
    ChatCompletion whole = client.chat().completions().create(ask("Tell me more").build());
    List<ChatCompletionChunk> chunks = new ArrayList<>();
    try (var stream =
        client
            .chat()
            .completions()
            .createStreaming(
                ask("Tell me more")
                    .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                    .build())) {
      stream.stream().forEach(chunks::add);
    }

    StringBuilder streamed = new StringBuilder();
    for (ChatCompletionChunk chunk : chunks) {
      chunk.choices().forEach(choice -> choice.delta().content().ifPresent(streamed::append));
    }
    assertThat(streamed.toString())
        .isEqualTo(whole.choices().getFirst().message().content().orElseThrow());
    assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isEqualTo(12);
  }

  @Test
  void listsItsModel() {
    assertThat(client.models().list().data()).extracting(Model::id).startsWith("tiny");
  }

  @Test
  void refusesInTheTermsOfTheSdk() {
    assertThatThrownBy(
            () -> client.chat().completions().create(ask("x").model("gpt-unknown").build()))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("gpt-unknown");
    assertThatThrownBy(() -> client.chat().completions().create(ask("x").temperature(3).build()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("temperature: 3.0 (expected: a number from 0 to 2)");
    assertThatThrownBy(() -> client.chat().completions().create(ask("word ".repeat(9_000)).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            tooLong -> assertThat(tooLong.code()).contains("context_length_exceeded"));
    OpenAIClient stranger = client("sk-wrong");
    assertThatThrownBy(() -> stranger.models().list())
        .isInstanceOfSatisfying(
            UnauthorizedException.class,
            refused -> assertThat(refused.code()).contains("invalid_api_key"));
    stranger.close();
  }
}
