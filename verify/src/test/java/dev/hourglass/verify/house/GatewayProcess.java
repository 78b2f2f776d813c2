package dev.hourglass.verify.house;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The program itself, {@code serve}, in a process of its own that can be killed. */
final class GatewayProcess implements AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("http://127\\.0\\.0\\.1:\\d+");

  private final Process process;
  private final URI base;
  private final Queue<String> said;

  private GatewayProcess(Process process, URI base, Queue<String> said) {
    this.process = process;
    this.base = base;
    this.said = said;
  }

  /** Serves a model file, with a cache and data of its own. */
  static GatewayProcess start(Path folder, Path model, String... options) throws IOException {
    List<String> all = new ArrayList<>(List.of("--model", model.toString()));
    all.addAll(List.of(options));
    return start(folder, all, cacheIn(folder));
  }

  private static Map<String, String> cacheIn(Path folder) {
    return Map.of("XDG_CACHE_HOME", folder.resolve("cache").toString());
  }

  /** Serves a model file with release hooks that write a diary. */
  static GatewayProcess startWithDiary(Path folder, Path model, Path diary, String... options)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("--model", model.toString()));
    all.addAll(List.of(options));
    return start(
        folder,
        all,
        Map.of(
            "XDG_CACHE_HOME",
            folder.resolve("cache").toString(),
            ReleaseDiary.VARIABLE,
            diary.toString()));
  }

  /** Serves what other servers do, with data of its own. */
  static GatewayProcess startInFront(Path folder, String... options) throws IOException {
    return start(folder, List.of(options), Map.of());
  }

  /** Serves the default model from this user's cache, which fetches it where it is missing. */
  static GatewayProcess startWithDefaultModel(Path folder) throws IOException {
    return start(folder, List.of(), Map.of());
  }

  private static GatewayProcess start(
      Path folder, List<String> options, Map<String, String> environment) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.hourglass.app.Main",
                "serve",
                "--port",
                "0",
                "--data",
                folder.resolve("data").toString()));
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
    Process process = builder.start();
    CompletableFuture<URI> ready = new CompletableFuture<>();
    Queue<String> said = new ConcurrentLinkedQueue<>();
    Thread.ofVirtual().start(() -> readAddress(process, said, ready));
    try {
      return new GatewayProcess(process, ready.orTimeout(5, TimeUnit.MINUTES).join(), said);
    } catch (RuntimeException failure) {
      process.destroyForcibly();
      throw failure;
    }
  }

  /** Reads to the end, so that the process never waits for a reader. */
  private static void readAddress(
      Process process, Queue<String> said, CompletableFuture<URI> ready) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.add(line);
        Matcher address = ADDRESS.matcher(line);
        if (line.contains("ready") && address.find()) {
          ready.complete(URI.create(address.group()));
        }
      }
    } catch (IOException closed) {
      said.add(closed.toString());
    }
    ready.completeExceptionally(
        new IOException("serve ended before it was ready:\n" + String.join("\n", said)));
  }

  URI base() {
    return base;
  }

  /** What the process has printed so far. */
  String said() {
    return String.join("\n", said);
  }

  /** From now on no file of the process grows beyond this: a write fails, as on a full disk. */
  void limitFiles(int mostBytes) throws IOException, InterruptedException {
    Process limit =
        new ProcessBuilder("prlimit", "--pid", "" + process.pid(), "--fsize=" + mostBytes)
            .inheritIO()
            .start();
    if (limit.waitFor() != 0) {
      throw new IOException("prlimit (of util-linux) failed");
    }
  }

  /** Kills the process as {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Sends SIGTERM and does not wait. */
  void terminate() {
    process.destroy();
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("the process did not end within 60 s of SIGTERM");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
