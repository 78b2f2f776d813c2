package dev.hourglass.app;

import dev.hourglass.app.host.Surroundings;

/** The program. */
public final class Main {
  private Main() {}

  static void main(String[] arguments) {
    System.exit(HourglassCommand.commandLine(Surroundings.ofThisProcess()).execute(arguments));
  }
}
