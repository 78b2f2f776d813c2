package dev.hourglass.engine.llama.bench;

import dev.hourglass.core.engine.GenerationEnd;
import dev.hourglass.core.engine.GenerationRequest;
import dev.hourglass.core.engine.GenerationSink;
import dev.hourglass.core.engine.Prompt;
import dev.hourglass.core.engine.PromptUsage;
import dev.hourglass.core.engine.Sampling;
import dev.hourglass.core.engine.TextDelta;
import dev.hourglass.core.retention.LeastRecentlyUsed;
import dev.hourglass.core.session.ChatMessage;
import dev.hourglass.core.session.ChatRole;
import dev.hourglass.core.session.SessionId;
import dev.hourglass.core.session.TenantId;
import dev.hourglass.engine.llama.ComputeThreads;
import dev.hourglass.engine.llama.LlamaEngine;
import dev.hourglass.engine.llama.LlamaOpening;
import dev.hourglass.engine.llama.LlamaSettings;
import dev.hourglass.engine.llama.bench.BenchmarkReport.Comparison;
import dev.hourglass.engine.llama.bench.BenchmarkReport.FollowUp;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Measures the engine beside the binding's own {@code LlamaModel}: the same native code, model,
 * threads and cache size, in turns (A B A B), so that whatever else the machine does meets both.
 *
 * <p>Prompts differ from each other at their first word, so that nothing is served from a cache
 * unless that is what is measured.
 *
 * <p>The binding leaves a thread behind that keeps the JVM alive: a program that runs this ends
 * with {@link System#exit}.
 */
public final class EngineBenchmark {
  private static final int KV_TOKENS = 8192;
  private static final int DECODE_TOKENS = 64;
  private static final int PREFILL_WORDS = 500;
  private static final int COLD_WORDS = 985;
  private static final double THROUGHPUT_TARGET = 0.95;
  private static final double FOLLOW_UP_TARGET = 0.15;
  private static final int WARM_UP_ROUNDS = 1;

  private final Settings settings;
  private final Consumer<String> progress;
  private int prompts;
  private int sessions;

  /**
   * What to measure.
   *
   * @param modelFile a GGUF file with a context of at least 2,048 tokens
   * @param cacheFolder where the native library is unpacked
   * @param rounds at least 5 for a result that is worth writing down
   */
  public record Settings(Path modelFile, Path cacheFolder, ComputeThreads threads, int rounds) {
    public Settings {
      if (rounds < 1) {
        throw new IllegalArgumentException("rounds: " + rounds + " (expected: at least 1)");
      }
    }
  }

  /**
   * Creates a benchmark.
   *
   * @param progress is told what is going on, a line at a time
   */
  public EngineBenchmark(Settings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * Runs it; takes a few minutes.
   *
   * @throws IllegalStateException if the library or the model cannot be used
   */
  public BenchmarkReport run() {
    LlamaSettings engineSettings =
        LlamaSettings.of(settings.modelFile(), "benchmark", settings.cacheFolder())
            .withContextTokens(4096)
            .withKvTokens(KV_TOKENS)
            .withMaxSequences(8)
            .withThreads(settings.threads());
    progress.accept("loading the model three times");
    try (LlamaEngine engine = open(engineSettings);
        BindingModel one =
            new BindingModel(settings.modelFile(), 1, KV_TOKENS, settings.threads());
        BindingModel eight =
            new BindingModel(settings.modelFile(), 8, KV_TOKENS, settings.threads())) {
      List<Comparison> comparisons =
          List.of(
              compare(
                  "decode, 1 session", () -> oursDecode(engine, 1), () -> bindingDecode(one, 1)),
              compare(
                  "decode, 8 sessions", () -> oursDecode(engine, 8), () -> bindingDecode(eight, 8)),
              compare("prefill", () -> oursPrefill(engine), () -> bindingPrefill(one)));
      return new BenchmarkReport(
          String.valueOf(settings.modelFile().getFileName()),
          settings.threads(),
          settings.rounds(),
          comparisons,
          followUp(engine));
    }
  }

  private static LlamaEngine open(LlamaSettings engineSettings) {
    LlamaOpening opening =
        LlamaEngine.open(
            engineSettings,
            new LeastRecentlyUsed(),
            (session, kvTokens) -> {},
            System::nanoTime,
            new SecureRandom());
    return switch (opening) {
      case LlamaOpening.Opened opened -> opened.engine();
      case LlamaOpening.Unavailable unavailable ->
          throw new IllegalStateException(unavailable.reason());
    };
  }

  private Comparison compare(String name, DoubleSupplier ours, DoubleSupplier binding) {
    List<Double> ourRates = new ArrayList<>();
    List<Double> bindingRates = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = -WARM_UP_ROUNDS; round < settings.rounds(); round++) {
      double our = ours.getAsDouble();
      double its = binding.getAsDouble();
      if (round >= 0) {
        ourRates.add(our);
        bindingRates.add(its);
        ratios.add(our / its);
      }
      progress.accept(
          "%s, round %d: hourglass %.1f, binding %.1f tokens/s"
              .formatted(name, round + 1, our, its));
    }
    return new Comparison(
        name,
        median(ourRates),
        median(bindingRates),
        median(ratios),
        ratios.stream().mapToDouble(Double::doubleValue).min().orElseThrow(),
        ratios.stream().mapToDouble(Double::doubleValue).max().orElseThrow(),
        THROUGHPUT_TARGET);
  }

  private double oursDecode(LlamaEngine engine, int parallel) {
    List<CompletableFuture<GenerationEnd>> ends = new ArrayList<>();
    long begin = System.nanoTime();
    for (String prompt : shortPrompts(parallel)) {
      ends.add(generate(engine, newSession(), new Prompt.Text(prompt), DECODE_TOKENS, false).end);
    }
    int tokens = 0;
    for (CompletableFuture<GenerationEnd> end : ends) {
      tokens += finished(end.join()).usage().completionTokens();
    }
    return tokens / seconds(begin);
  }

  private double bindingDecode(BindingModel model, int parallel) {
    List<String> its = shortPrompts(parallel);
    long begin = System.nanoTime();
    return model.generate(its, DECODE_TOKENS) / seconds(begin);
  }

  private double oursPrefill(LlamaEngine engine) {
    String prompt = words(PREFILL_WORDS);
    long begin = System.nanoTime();
    GenerationEnd end =
        generate(engine, newSession(), new Prompt.Text(prompt), 1, false).end.join();
    double seconds = seconds(begin);
    PromptUsage usage = finished(end).usage().prompt();
    return (usage.promptTokens() - usage.cachedTokens()) / seconds;
  }

  private double bindingPrefill(BindingModel model) {
    String prompt = words(PREFILL_WORDS);
    int tokens = model.promptTokens(prompt);
    long begin = System.nanoTime();
    model.generate(List.of(prompt), 1);
    return tokens / seconds(begin);
  }

  private FollowUp followUp(LlamaEngine engine) {
    List<Double> cold = new ArrayList<>();
    List<Double> hot = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    int coldTokens = 0;
    for (int round = 0; round < settings.rounds(); round++) {
      SessionId session = newSession();
      List<ChatMessage> messages = new ArrayList<>();
      messages.add(new ChatMessage(ChatRole.USER, words(COLD_WORDS)));
      Timing first = generate(engine, session, new Prompt.Chat(messages), 16, true);
      GenerationEnd.Finished end = finished(first.end.join());
      coldTokens = end.usage().prompt().promptTokens() - end.usage().prompt().cachedTokens();
      messages.add(new ChatMessage(ChatRole.ASSISTANT, first.text.toString()));
      messages.add(new ChatMessage(ChatRole.USER, "And what comes next?"));
      Timing second = generate(engine, session, new Prompt.Chat(messages), 16, true);
      finished(second.end.join());
      cold.add(first.firstTokenMillis);
      hot.add(second.firstTokenMillis);
      ratios.add(hot.getLast() / cold.getLast());
      engine.release(session).toCompletableFuture().join();
      progress.accept(
          "follow-up, round %d: cold %.1f ms (%d tokens), hot %.1f ms (%s)"
              .formatted(
                  round + 1,
                  first.firstTokenMillis,
                  coldTokens,
                  second.firstTokenMillis,
                  finished(second.end.join()).usage().prompt()));
    }
    return new FollowUp(coldTokens, median(cold), median(hot), median(ratios), FOLLOW_UP_TARGET);
  }

  private static Timing generate(
      LlamaEngine engine, SessionId session, Prompt prompt, int maxTokens, boolean retain) {
    Timing timing = new Timing(System.nanoTime());
    engine.generate(
        new GenerationRequest(
            session, TenantId.DEFAULT, prompt, Sampling.GREEDY, maxTokens, retain),
        timing);
    return timing;
  }

  private static GenerationEnd.Finished finished(GenerationEnd end) {
    if (end instanceof GenerationEnd.Finished finished) {
      return finished;
    }
    throw new IllegalStateException("a generation did not finish: " + end);
  }

  private List<String> shortPrompts(int count) {
    List<String> list = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      list.add(words(6));
    }
    return list;
  }

  /** A prompt like no other before. */
  private String words(int count) {
    String[] vocabulary = {
      "sand", "river", "glass", "stone", "night", "paper", "green", "window", "harbour", "letter"
    };
    StringBuilder text = new StringBuilder("Story ").append(++prompts).append(':');
    for (int index = 0; index < count; index++) {
      text.append(' ')
          .append(vocabulary[(index * 7 + prompts * 3 + index / 5) % vocabulary.length]);
    }
    return text.toString();
  }

  private SessionId newSession() {
    return new SessionId("sess_%024d".formatted(sessions++));
  }

  private static double seconds(long beginNanos) {
    return (System.nanoTime() - beginNanos) / 1e9;
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** A sink with a stopwatch. */
  private static final class Timing implements GenerationSink {
    private final long begin;
    private final StringBuilder text = new StringBuilder();
    private final CompletableFuture<GenerationEnd> end = new CompletableFuture<>();
    private volatile double firstTokenMillis;

    Timing(long begin) {
      this.begin = begin;
    }

    @Override
    public void started(PromptUsage usage) {}

    @Override
    public void text(TextDelta delta) {
      if (text.isEmpty()) {
        firstTokenMillis = (System.nanoTime() - begin) / 1e6;
      }
      text.append(delta.text());
    }

    @Override
    public void ended(GenerationEnd how) {
      if (text.isEmpty()) {
        // The first token was the one that ends the answer.
        firstTokenMillis = (System.nanoTime() - begin) / 1e6;
      }
      end.complete(how);
    }
  }
}
