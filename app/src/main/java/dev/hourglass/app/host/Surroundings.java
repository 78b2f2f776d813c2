package dev.hourglass.app.host;

import java.io.Console;
import java.io.File;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the program finds around it: environment, home folder, and where it reads and writes.
 *
 * @param terminal whether a person watches {@code out} and types into {@code in}
 */
public record Surroundings(
    Map<String, String> environment,
    Path home,
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean terminal) {
  private static final Pattern PATH_SEPARATOR =
      Pattern.compile(File.pathSeparator, Pattern.LITERAL);

  public Surroundings {
    environment = Map.copyOf(environment);
  }

  /** Those of this process. */
  public static Surroundings ofThisProcess() {
    return new Surroundings(
        System.getenv(),
        Path.of(System.getProperty("user.home")),
        System.in,
        System.out,
        System.err,
        isTerminal(System.console()));
  }

  private static boolean isTerminal(@Nullable Console console) {
    return console != null && console.isTerminal();
  }

  public UserFolders folders() {
    return UserFolders.of(environment, home);
  }

  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** The program of that name on PATH. */
  public Optional<Path> program(String name) {
    return PATH_SEPARATOR
        .splitAsStream(environment.getOrDefault("PATH", ""))
        .map(folder -> Path.of(folder.isEmpty() ? "." : folder, name))
        .filter(file -> Files.isExecutable(file) && Files.isRegularFile(file))
        .findFirst();
  }
}
