package dev.hourglass.app.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A checkout in a scratch folder: the real launcher among sources that are none, with a JDK, a
 * Maven and a PATH of our own making. Its java prints its arguments, its mvn makes an empty jar.
 */
final class Checkout {
  /** The system's programs that the launcher may use, and no others. */
  private static final List<String> TOOLS =
      List.of(
          "awk",
          "basename",
          "cat",
          "cp",
          "dirname",
          "find",
          "grep",
          "head",
          "id",
          "kill",
          "ls",
          "mkdir",
          "mv",
          "printf",
          "readlink",
          "rm",
          "sed",
          "sh",
          "sleep",
          "sort",
          "tail",
          "touch",
          "tr",
          "uname",
          "bash",
          "env");

  final Path root;
  final Path bin;
  final Path jdks;
  final Map<String, String> environment = new HashMap<>();

  /** How a run ended. */
  record Run(int exit, String out, String err) {}

  Checkout(Path folder) throws IOException {
    root = Files.createDirectories(folder.resolve("checkout"));
    bin = Files.createDirectories(folder.resolve("bin"));
    jdks = Files.createDirectories(folder.resolve("jdks"));
    Files.copy(
        Path.of(System.getProperty("hourglass.root"), "hourglass"), root.resolve("hourglass"));
    Files.setPosixFilePermissions(
        root.resolve("hourglass"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Files.createDirectories(root.resolve("app/src/main/java"));
    source("app/src/main/java/Main.java");
    for (String tool : TOOLS) {
      link(tool);
    }
    environment.put("PATH", bin.toString());
    environment.put("HOME", folder.toString());
    environment.put("HOURGLASS_JDK_PLACES", jdks.toString());
    environment.put("BUILDS", folder.resolve("builds").toString());
  }

  private void link(String tool) throws IOException {
    for (String place : List.of("/usr/bin", "/bin")) {
      Path program = Path.of(place, tool);
      if (Files.exists(program)) {
        try {
          Files.createSymbolicLink(bin.resolve(tool), program);
        } catch (FileAlreadyExistsException there) {
          return;
        }
      }
    }
  }

  /** Writes a source that is older than any build from now on. */
  void source(String path) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "// source");
    old(file);
  }

  /** Makes everything below the sources look old, so that only later changes count. */
  void settle() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(path -> !path.toString().contains("target")).toList()) {
        old(file);
      }
    }
  }

  private static void old(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
  }

  /** Makes a file look changed a moment from now, whatever the resolution of the file system. */
  void change(String path) throws IOException {
    Files.setLastModifiedTime(root.resolve(path), FileTime.from(Instant.now().plusSeconds(60)));
  }

  /** A JDK in a usual place, whose java says which one it is. */
  Path jdk(int version) throws IOException {
    Path home = jdks.resolve("jdk-" + version);
    script(home.resolve("bin/javac"), "echo javac " + version);
    script(home.resolve("bin/java"), "echo java " + version + " \"$@\"");
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + ".0.1\"\n");
    return home;
  }

  /** A Maven on PATH that notes each build, runs some lines of shell and makes the jar. */
  void maven(String lines) throws IOException {
    script(
        bin.resolve("mvn"),
        """
        echo "$JAVA_HOME $*" >> "$BUILDS"
        %s
        mkdir -p app/target
        : > app/target/hourglass.jar
        """
            .formatted(lines));
  }

  /** One line for each build. */
  List<String> builds() throws IOException {
    Path file = Path.of(environment.getOrDefault("BUILDS", ""));
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  Run run(String... arguments) throws IOException, InterruptedException {
    return finish(start(root, root.resolve("hourglass"), arguments));
  }

  Run runFrom(Path folder, Path launcher, String... arguments)
      throws IOException, InterruptedException {
    return finish(start(folder, launcher, arguments));
  }

  Process start(Path folder, Path launcher, String... arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.concat(Stream.of(launcher.toString()), Stream.of(arguments)).toList());
    builder.directory(folder.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  Run finish(Process process) throws IOException, InterruptedException {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("the launcher did not end");
    }
    return new Run(process.exitValue(), out, err);
  }

  void script(Path file, String lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + lines + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
