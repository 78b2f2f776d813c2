package dev.hourglass.engine.llama.bench;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import dev.hourglass.engine.llama.ComputeThreads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The binding's own model, as its users run it. */
final class BindingModel implements AutoCloseable {
  private final LlamaModel model;
  private final ExecutorService readers;

  BindingModel(Path file, int parallel, int contextTokens, ComputeThreads threads) {
    LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> {});
    model =
        new LlamaModel(
            new ModelParameters()
                .setModel(file.toString())
                .setCtxSize(contextTokens)
                .setParallel(parallel)
                .setThreads(threads.oneToken())
                .setThreadsBatch(threads.manyTokens())
                .disableLog());
    readers = Executors.newFixedThreadPool(parallel);
  }

  /** Generates from all prompts at once; answers how many tokens there were. */
  int generate(List<String> prompts, int tokens) {
    List<Future<Integer>> counts = new ArrayList<>();
    for (String prompt : prompts) {
      counts.add(readers.submit(() -> generate(prompt, tokens)));
    }
    int sum = 0;
    for (Future<Integer> count : counts) {
      try {
        sum += count.get();
      } catch (ExecutionException failure) {
        throw new IllegalStateException(failure.getCause());
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(interruption);
      }
    }
    return sum;
  }

  int promptTokens(String prompt) {
    return model.encode(prompt).length;
  }

  private int generate(String prompt, int tokens) {
    InferenceParameters parameters =
        new InferenceParameters(prompt)
            .setNPredict(tokens)
            .setTemperature(0)
            .setCachePrompt(false)
            .setIgnoreEos(true);
    int pieces = 0;
    for (LlamaOutput output : model.generate(parameters)) {
      pieces += output.text.isEmpty() ? 0 : 1;
    }
    if (pieces == 0) {
      throw new IllegalStateException("the binding gave no text");
    }
    // It never ends by itself here, and joins tokens that are parts of one character.
    return tokens;
  }

  @Override
  public void close() {
    readers.shutdownNow();
    model.close();
  }
}
