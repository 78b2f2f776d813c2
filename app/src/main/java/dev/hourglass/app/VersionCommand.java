package dev.hourglass.app;

import dev.hourglass.app.host.Surroundings;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code hourglass version}. */
@Command(name = "version", description = "Print the version.", mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  VersionCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    surroundings
        .out()
        .printf(
            "hourglass %s (Java %s, %s %s)%n",
            version(),
            Runtime.version(),
            System.getProperty("os.name"),
            System.getProperty("os.arch"));
    return 0;
  }

  /** The version in the jar; a run from a folder of classes has none. */
  static String version() {
    return Objects.requireNonNullElse(
        VersionCommand.class.getPackage().getImplementationVersion(), "development");
  }
}
