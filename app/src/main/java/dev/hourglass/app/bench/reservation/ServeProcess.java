package dev.hourglass.app.bench.reservation;

import dev.hourglass.app.host.ExpectedFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The gateway in a process of its own, there to be killed. */
final class ServeProcess implements AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("http://127\\.0\\.0\\.1:\\d+");
  private static final Duration START_DEADLINE = Duration.ofMinutes(2);

  private final Process process;
  private final CompletableFuture<URI> ready = new CompletableFuture<>();

  private ServeProcess(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::readOutput);
  }

  /** Starts it, and does not wait until it is ready. */
  static ServeProcess start(String mainClass, Path data, Path model, List<String> settings)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass,
                "serve",
                "--host=127.0.0.1",
                "--port=0",
                "--data=" + data,
                "--model=" + model));
    settings.forEach(setting -> command.add("--set=" + setting));
    return new ServeProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** Reads to the end: a process that nobody reads from would wait at its next line. */
  private void readOutput() {
    StringBuilder said = new StringBuilder();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.append(line).append('\n');
        Matcher address = ADDRESS.matcher(line);
        if (line.contains("is ready") && address.find()) {
          ready.complete(URI.create(address.group()));
        }
      }
    } catch (IOException closed) {
      said.append(closed);
    }
    ready.completeExceptionally(new ExpectedFailure("serve ended before it was ready:\n" + said));
  }

  /** Waits until it is ready. */
  URI address() throws ExpectedFailure, InterruptedException {
    try {
      return ready.get(START_DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException ended) {
      throw ended.getCause() instanceof ExpectedFailure expected
          ? expected
          : new ExpectedFailure("serve did not start", ended);
    } catch (TimeoutException late) {
      throw new ExpectedFailure("serve was not ready after " + START_DEADLINE, late);
    }
  }

  /** Lets it live for a while, then kills it as {@code kill -9} does. */
  void killAfter(Duration life) throws InterruptedException {
    boolean _ = process.waitFor(life.toMillis(), TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
