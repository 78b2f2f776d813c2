package dev.hourglass.verify.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.hourglass.core.admission.AdmissionSettings;
import dev.hourglass.core.admission.AdmissionStats;
import dev.hourglass.server.ApiKeys;
import dev.hourglass.testkit.admission.RealTimeAdmission;
import dev.hourglass.testkit.engine.ScriptedEngine;
import dev.hourglass.testkit.engine.ScriptedEngine.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A burst of the official OpenAI SDK's clients, who obey {@code Retry-After} by themselves. */
class BurstTest {
  private static final int SLOTS = 4;
  private static final long SERVICE_MILLIS = 250;
  private static final long BURST_MILLIS = 20_000;

  @Test
  void twiceTheCapacityIsServedCompletely(@TempDir Path folder) throws Exception {
    ScriptedEngine[] engine = new ScriptedEngine[1];
    try (RunningHouse house =
            RunningHouse.start(
                table -> {
                  engine[0] =
                      new ScriptedEngine("scripted", 10_000, table)
                          .otherwise(
                              Script.says("so").thenPauses(Duration.ofMillis(SERVICE_MILLIS)));
                  return engine[0];
                },
                folder,
                ApiKeys.none(),
                engines ->
                    RealTimeAdmission.withSlots(engines, 256, SLOTS, AdmissionSettings.DEFAULTS));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      OpenAIClient client =
          OpenAIOkHttpClient.builder()
              .baseUrl(house.base() + "/v1")
              .apiKey("none")
              .maxRetries(8)
              .build();
      int capacity = Math.toIntExact(SLOTS * BURST_MILLIS / SERVICE_MILLIS);
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int turn = 0; turn < 2 * capacity; turn++) {
        String question = "question " + turn;
        Executor later =
            CompletableFuture.delayedExecutor(
                turn * BURST_MILLIS / (2L * capacity), TimeUnit.MILLISECONDS, threads);
        answers.add(CompletableFuture.supplyAsync(() -> ask(client, question), later));
      }
      assertThat(answers).allSatisfy(answer -> assertThat(answer.get()).isEqualTo("so"));
      client.close();

      AdmissionStats stats = house.gateway().admissions().of("scripted").stats();
      assertThat(stats.toldToComeBack()).as("refusals that the SDK made good").isPositive();
      assertThat(stats.busySlots()).isZero();
      assertThat(stats.tickets()).as("places that nobody came for").isZero();
      assertThat(engine[0].requests()).hasSize(2 * capacity);
    }
  }

  private static String ask(OpenAIClient client, String question) {
    return client
        .chat()
        .completions()
        .create(
            ChatCompletionCreateParams.builder().model("scripted").addUserMessage(question).build())
        .choices()
        .getFirst()
        .message()
        .content()
        .orElseThrow();
  }
}
