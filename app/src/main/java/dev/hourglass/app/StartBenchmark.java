package dev.hourglass.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hourglass.app.host.ExpectedFailure;
import dev.hourglass.app.host.TemporaryFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Measures how long {@code serve} takes from the start of Java to the line that says it is ready,
 * in turns with and without the class cache.
 */
final class StartBenchmark {
  private static final int WARM_UP_ROUNDS = 1;

  private final Path classCache;
  private final Path model;
  private final int rounds;
  private final Consumer<String> progress;

  /**
   * Creates a benchmark.
   *
   * @param classCache as the launcher makes it; compared only where it is there
   * @param rounds at least 1
   */
  StartBenchmark(Path classCache, Path model, int rounds, Consumer<String> progress) {
    this.classCache = classCache;
    this.model = model;
    this.rounds = rounds;
    this.progress = progress;
  }

  /** Medians and the spread, in milliseconds; {@code cached} is empty without a class cache. */
  record Report(String model, List<Long> plain, List<Long> cached) {
    String table() {
      StringBuilder table = new StringBuilder();
      table.append("time to ready, %s, medians of %d rounds%n".formatted(model, plain.size()));
      table.append(row("plain", plain));
      table.append(
          cached.isEmpty()
              ? "no class cache yet: ./hourglass serve makes it in the background"
              : row("with class cache", cached));
      return table.toString().stripTrailing();
    }

    private static String row(String name, List<Long> millis) {
      return String.format(
          Locale.ROOT,
          "%-18s %6d ms   (%d to %d)%n",
          name,
          median(millis),
          millis.stream().mapToLong(Long::longValue).min().orElseThrow(),
          millis.stream().mapToLong(Long::longValue).max().orElseThrow());
    }

    String json() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("model", model).put("rounds", plain.size()).put("plainMillis", median(plain));
      if (!cached.isEmpty()) {
        json.put("cachedMillis", median(cached));
      }
      return json.toString();
    }

    private static long median(List<Long> values) {
      List<Long> sorted = values.stream().sorted().toList();
      int middle = sorted.size() / 2;
      return sorted.size() % 2 == 1
          ? sorted.get(middle)
          : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
  }

  Report run() throws IOException, InterruptedException, ExpectedFailure {
    boolean hasCache = Files.isRegularFile(classCache);
    List<Long> plain = new ArrayList<>();
    List<Long> cached = new ArrayList<>();
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      long without = millisToReady(List.of());
      long with = hasCache ? millisToReady(List.of("-XX:AOTCache=" + classCache)) : 0;
      progress.accept("round %d: plain %d ms, cached %d ms".formatted(round + 1, without, with));
      if (round >= 0) {
        plain.add(without);
        if (hasCache) {
          cached.add(with);
        }
      }
    }
    return new Report(String.valueOf(model.getFileName()), plain, cached);
  }

  private long millisToReady(List<String> javaOptions)
      throws IOException, InterruptedException, ExpectedFailure {
    try (TemporaryFolder data = TemporaryFolder.create()) {
      return millisToReady(javaOptions, data.path());
    }
  }

  private long millisToReady(List<String> javaOptions, Path data)
      throws IOException, InterruptedException, ExpectedFailure {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(javaOptions);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "serve"));
    command.addAll(List.of("--host", "127.0.0.1", "--port", "0", "--data", data.toString()));
    command.addAll(List.of("--model", model.toString()));
    long begin = System.nanoTime();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      StringBuilder said = new StringBuilder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.contains("is ready")) {
          return Duration.ofNanos(System.nanoTime() - begin).toMillis();
        }
        said.append(line).append('\n');
      }
      throw new ExpectedFailure("serve ended before it was ready:\n" + said);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
