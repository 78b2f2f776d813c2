package dev.hourglass.app.bench.proxy;

import dev.hourglass.app.host.ExpectedFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process that listens on a port of this machine and is measured. Ends when it is closed. */
final class ProxyTarget implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile("(?:listening on |127\\.0\\.0\\.1:)(\\d+)");
  private static final int NGINX_TRIES = 200;
  private static final long NGINX_TRY_MILLIS = 25;
  private static final long END_SECONDS = 10;

  private final String name;
  private final Process process;
  private final int port;

  private ProxyTarget(String name, Process process, int port) {
    this.name = name;
    this.process = process;
    this.port = port;
  }

  /** The prepared answers themselves. */
  static ProxyTarget upstream() throws IOException, ExpectedFailure {
    return java("direct", "listening on ", List.of(UpstreamServer.class.getName()));
  }

  /** The gateway in front of the upstream, with sessions on. */
  static ProxyTarget hourglass(int upstreamPort, Path data, String mainClass)
      throws IOException, ExpectedFailure {
    return java(
        "hourglass",
        "is ready",
        List.of(
            mainClass,
            "serve",
            "--host=127.0.0.1",
            "--port=0",
            "--data=" + data,
            "--upstream=http://127.0.0.1:" + upstreamPort + "/v1"));
  }

  private static ProxyTarget java(String name, String readyLine, List<String> arguments)
      throws IOException, ExpectedFailure {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // As the launcher started this process, but for the class cache, which is for one command.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith("-XX:AOT"))
        .forEach(command::add);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    // Stays open: a process that nobody reads from would block on its next line.
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    StringBuilder said = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      said.append(line).append('\n');
      Matcher port = PORT.matcher(line);
      if (line.contains(readyLine) && port.find()) {
        Thread.ofVirtual().start(() -> discard(lines));
        return new ProxyTarget(name, process, Integer.parseInt(port.group(1)));
      }
    }
    process.destroyForcibly();
    throw new ExpectedFailure(name + " ended before it was ready:\n" + said);
  }

  private static void discard(BufferedReader lines) {
    try {
      lines.transferTo(Writer.nullWriter());
    } catch (IOException ended) {
      // The process is gone, and with it whatever it had to say.
    }
  }

  /** nginx in front of the upstream, with the configuration that lies beside this class. */
  static ProxyTarget nginx(String program, int upstreamPort, Path folder)
      throws IOException, ExpectedFailure, InterruptedException {
    int port = freePort();
    Path configuration = folder.resolve("nginx.conf");
    try (var template = ProxyTarget.class.getResourceAsStream("nginx.conf")) {
      if (template == null) {
        throw new IllegalStateException("nginx.conf is not in the jar");
      }
      Files.writeString(
          configuration,
          String.format(
              Locale.ROOT,
              new String(template.readAllBytes(), StandardCharsets.UTF_8),
              port,
              upstreamPort,
              folder));
    }
    Process process;
    try {
      process =
          new ProcessBuilder(
                  program,
                  "-p",
                  folder.toString(),
                  "-c",
                  configuration.toString(),
                  "-g",
                  "daemon off;")
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("nginx.out").toFile())
              .start();
    } catch (IOException missing) {
      throw new ExpectedFailure(
          "nginx: " + program + " does not start (expected: nginx installed, or --nginx PATH)",
          missing);
    }
    for (int attempt = 0; attempt < NGINX_TRIES; attempt++) {
      if (process.waitFor(NGINX_TRY_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new ExpectedFailure(
            "nginx ended before it was ready:\n" + Files.readString(folder.resolve("nginx.out")));
      }
      if (listens(port)) {
        return new ProxyTarget("nginx", process, port);
      }
    }
    process.destroyForcibly();
    throw new ExpectedFailure("nginx did not listen in time");
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  String name() {
    return name;
  }

  int port() {
    return port;
  }

  ProcessUsage usage() throws IOException {
    return ProcessUsage.of(process.toHandle());
  }

  /** Ends the process; nginx takes its workers along. */
  @Override
  public void close() {
    process.destroy();
    process.onExit().orTimeout(END_SECONDS, TimeUnit.SECONDS).exceptionally(_ -> kill()).join();
  }

  private Process kill() {
    return process.destroyForcibly();
  }
}
